import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'vitest';

/** Programs that a suite may need, with the Debian package that brings each. */
const PACKAGES = { chromium: 'chromium', curl: 'curl', openssl: 'openssl', 'redis-server': 'redis-server' } as const;

/** The path of a program, or skips the test with a line that says how to install it: `needs`. */
export function needsProgram(context: TestContext, program: keyof typeof PACKAGES): string {
  const advice = `${program} is not on this machine (Debian: apt-get install ${PACKAGES[program]})`;
  return needs(context, program, findProgram(program), advice);
}

const told = new Set<string>();

/**
 * What a suite found on this machine, or skips the test when it found nothing, with a line of advice once in a file. What is
 * named in HOLDFAST_REQUIRE (comma-separated) fails the test instead, so that a skip cannot hide in CI.
 */
export function needs<T>(context: TestContext, name: string, found: T | undefined, advice: string): T {
  if (found !== undefined) return found;
  if ((process.env['HOLDFAST_REQUIRE'] ?? '').split(',').includes(name)) throw new Error(advice);
  if (!told.has(name)) process.stderr.write(`skipped in ${context.task.file.name}: ${advice}\n`);
  told.add(name);
  return context.skip(advice);
}

export function findProgram(program: string): string | undefined {
  const candidates = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, program));
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
