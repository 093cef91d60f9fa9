import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { decodeStatusList, type StatusReference, statusAt } from '@holdfast/proof';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { sqliteFolder } from '../stores/sqlite-folder.ts';
import { claims, ecKey } from './forge.ts';
import type { Order } from './status-process.ts';

const { newPath } = sqliteFolder();

const program = fileURLToPath(new URL('status-process.ts', import.meta.url));
const jwk = JSON.stringify({ ...ecKey().privateJwk, kid: 'issuer-1' });
const children: ChildProcess[] = [];

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

async function start(path: string): Promise<ChildProcess> {
  const child = fork(program, [path, jwk]);
  children.push(child);
  await once(child, 'message');
  return child;
}

async function told<T>(child: ChildProcess, order: Order): Promise<T> {
  child.send(order);
  const [{ answer, failure }] = (await once(child, 'message')) as [{ answer: T; failure?: string }];
  if (failure !== undefined) throw new Error(failure);
  return answer;
}

/** What a process says about a place now. */
async function statusBy(child: ChildProcess, { idx, uri }: StatusReference): Promise<number | undefined> {
  const id = uri.split('/').at(-1) ?? '';
  const { status, body } = await told<{ status: number; body: string }>(child, { verb: 'list', id });
  expect(status).toBe(200);
  return statusAt(decodeStatusList(claims(body)['status_list']), idx);
}

describe('several processes of an issuer on one file', () => {
  it('TSL-13-01 give no two tokens one place, also when some are killed and begin again', async () => {
    const path = newPath();
    const places: StatusReference[] = [];
    for (let round = 0; round < 2; round += 1) {
      const processes = await Promise.all([1, 2, 3].map(() => start(path)));
      const given = processes.map((each) => told<StatusReference[]>(each, { verb: 'allocate', count: 3000 }));
      places.push(...(await Promise.all(given)).flat());
      for (const each of processes) each.kill('SIGKILL');
    }
    expect(places).toHaveLength(18_000);
    expect(new Set(places.map(({ idx, uri }) => `${uri} ${idx}`)).size).toBe(18_000);
  });

  it('TSL-7-01 know what the others have revoked within a second, and answer for lists of the others', async () => {
    const path = newPath();
    const [one, other] = await Promise.all([start(path), start(path)]);
    const [place, another] = await told<StatusReference[]>(one, { verb: 'allocate', count: 2 });
    if (place === undefined || another === undefined) throw new Error('no places');
    expect([await statusBy(one, place), await statusBy(other, place)]).toEqual([0, 0]);
    await told(other, { verb: 'revoke', place });
    expect(await statusBy(other, place)).toBe(1);
    const answered = Date.now();
    await vi.waitFor(async () => expect(await statusBy(one, place)).toBe(1), { timeout: 5000 });
    expect(Date.now() - answered).toBeLessThan(3000);
    expect([await statusBy(one, another), await statusBy(other, another)]).toEqual([0, 0]);
  });

  it('TSL-7-01 know what was revoked before a kill −9', async () => {
    const path = newPath();
    const before = await start(path);
    const places = await told<StatusReference[]>(before, { verb: 'allocate', count: 20 });
    for (const place of places.slice(0, 10)) await told(before, { verb: 'revoke', place });
    before.kill('SIGKILL');
    const after = await start(path);
    const statuses: (number | undefined)[] = [];
    for (const place of places) statuses.push(await statusBy(after, place));
    expect(statuses).toEqual([...Array(10).fill(1), ...Array(10).fill(0)]);
  });
});
