import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'vitest';

/** Programs that a suite may need, with the Debian package that brings each. */
const PACKAGES = { chromium: 'chromium', curl: 'curl', openssl: 'openssl', 'redis-server': 'redis-server' } as const;

/**
 * The path of a program, or skips the test with a line that says how to install it. A program that is named in
 * HOLDFAST_REQUIRE (comma-separated) fails the test instead, so that a skip cannot hide in CI.
 */
export function needsProgram(context: TestContext, program: keyof typeof PACKAGES): string {
  const path = find(program);
  if (path !== undefined) return path;
  const advice = `${program} is not on this machine (Debian: apt-get install ${PACKAGES[program]})`;
  if ((process.env['HOLDFAST_REQUIRE'] ?? '').split(',').includes(program)) throw new Error(advice);
  process.stderr.write(`skipped: ${context.task.name}: ${advice}\n`);
  return context.skip(advice);
}

function find(program: string): string | undefined {
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
