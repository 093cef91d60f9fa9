import { fieldValues, HoldfastError, isJsonObject, type JsonObject } from '@holdfast/proof';
import type { IssuerRequest } from '../form.ts';

const LONGEST = 65_536; // characters
const DEEPEST = 16; // objects and arrays in one another
const MEDIA_TYPE = /^application\/json *(?:;|$)/i;

/** RFC 7591 §3.1: a JSON object in the body. Of members that occur twice the last one counts (RFC 8259 §4). */
export function readJsonBody(request: IssuerRequest): JsonObject {
  const [type = '', another] = fieldValues(request, 'content-type');
  if (another !== undefined || !MEDIA_TYPE.test(type)) throw refusal('the body is not application/json');
  if (request.body.length > LONGEST) throw refusal('the body is too large');
  const value = parse(request.body);
  if (!isJsonObject(value)) throw refusal('the body is not an object');
  if (isDeeper(value, DEEPEST)) throw refusal('the body is too deep');
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // what the parser says quotes the text
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1));
}

function refusal(detail: string): HoldfastError {
  return new HoldfastError('client_metadata', { detail });
}
