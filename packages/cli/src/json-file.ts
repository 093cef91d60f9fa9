import { readFile } from 'node:fs/promises';
import { isJsonObject, type JsonObject } from '@holdfast/proof';
import { CommandError } from './command-error.ts';

/** Reads a file that holds a JSON object. */
export async function readJsonFile(path: string): Promise<JsonObject> {
  const value = await readJson(path);
  if (isJsonObject(value)) return value;
  throw new CommandError(`${path}: not a JSON object`);
}

/** Reads a file that holds a JSON array. */
export async function readJsonList(path: string): Promise<unknown[]> {
  const value = await readJson(path);
  if (Array.isArray(value)) return value;
  throw new CommandError(`${path}: not a JSON array`);
}

/** The parser's own message would quote the file. */
async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandError(`${path}: not JSON, which has no comments and no commas at the end`);
  }
}
