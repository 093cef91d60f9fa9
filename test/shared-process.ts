import { afterAll, expect } from 'vitest';

// What Node has, without what warns when it is read; libraries add globals of their own, which nobody else looks for
const GLOBALS = Object.getOwnPropertyNames(globalThis).filter(
  (name) => !/^(?:__|localStorage|sessionStorage)/.test(name),
);

/** What suites of one process would see of each other. */
function surroundings(): Map<string, unknown> {
  return new Map<string, unknown>([
    ...GLOBALS.map((name) => [name, Reflect.get(globalThis, name)] as const),
    ...Object.entries(process.env).map(([name, value]) => [`environment: ${name}`, value] as const),
    ...process.eventNames().map((name) => [`process.on: ${String(name)}`, process.listenerCount(name)] as const),
    ['folder', process.cwd()],
    ['umask', process.umask()],
  ]);
}

const before = surroundings();

// Or the next suite of this process would fail, on some days
afterAll(() => {
  const after = surroundings();
  const names = new Set([...before.keys(), ...after.keys()]);
  const changed = [...names].filter((name) => !Object.is(before.get(name), after.get(name)));
  expect(changed, 'a suite that changes its process has to be among ALONE, in vitest.config.ts').toEqual([]);
});
