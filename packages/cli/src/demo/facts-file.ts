import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CommandError } from '../command-error.ts';
import type { DeploymentFacts } from './deployment.ts';

/** Where `holdfast headers` learns what is running. Holds paths of secrets, no secrets. */
function factsPath(state: string): string {
  return join(resolve(state), 'deployment.json');
}

export async function writeFacts(state: string, facts: DeploymentFacts): Promise<void> {
  await writeFile(factsPath(state), serialise(facts), { mode: 0o600 });
}

export async function readFacts(state: string): Promise<DeploymentFacts> {
  const path = factsPath(state);
  try {
    return JSON.parse(await readFile(path, 'utf8')) as DeploymentFacts;
  } catch {
    throw new CommandError(`${path}: nothing is running here; start it with npm start -- --serve`);
  }
}

/** Takes away the file that writeFacts made; one that another deployment has written since stays. */
export async function removeFacts(state: string, facts: DeploymentFacts): Promise<void> {
  const held = await readFile(factsPath(state), 'utf8').catch(() => undefined);
  if (held === serialise(facts)) await rm(factsPath(state), { force: true });
}

function serialise(facts: DeploymentFacts): string {
  return `${JSON.stringify(facts, null, 2)}\n`;
}
