import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));
const suites = readdirSync(`${root}test`, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => `test/${file.replaceAll('\\', '/')}`);

// Whose process others cannot share: its timers, environment, folder or handlers are changed, or it keeps a program running
const ALONE =
  /^test\/(?:bench|browser|cli)\/|useFakeTimers|process\.(?:chdir|env\[|on\(|umask)|createToken|@hono\/node-server|(?:adapted|signing)-servers/;
const alone = suites.filter((file) => ALONE.test(file) || ALONE.test(readFileSync(root + file, 'utf8')));

export default defineConfig({
  test: {
    testTimeout: 20_000,
    maxWorkers: '100%', // by default one core stays idle, which on two cores doubles the time
    // Many suites start commands as processes, which then take half the time to begin
    env: { NODE_COMPILE_CACHE: `${root}node_modules/.cache/compile` },
    projects: [
      { extends: true, test: { name: 'alone', include: alone } },
      {
        extends: true,
        test: {
          name: 'together',
          include: suites.filter((file) => !alone.includes(file)),
          // A process for each suite would read the same modules three hundred times, a third of the whole time
          isolate: false,
          setupFiles: 'test/shared-process.ts',
        },
      },
    ],
  },
});
