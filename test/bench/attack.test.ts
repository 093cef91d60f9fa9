import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAnswerReader } from '../../bench/attack/answer-reader.ts';
import { type Attackers, startAttackers } from '../../bench/attack/attackers-process.ts';
import { floodFigures } from '../../bench/attack/flood-figures.ts';
import { FLOODS } from '../../bench/attack/floods/all.ts';
import { type HttpLoot, lootOf } from '../../bench/attack/http-loot.ts';
import type { Slice } from '../../bench/attack/slice.ts';
import { type AttackedVenue, startAttackedVenue } from '../../bench/attack/venue-process.ts';
import { createSenders } from '../../bench/load/senders.ts';
import type { Attack } from '../../bench/result.ts';
import { createIssuer } from '../../bench/scene/issuer.ts';

const EACH = 6;

describe('what attackers send', () => {
  let venue: AttackedVenue;
  let loot: HttpLoot;
  let attackers: Attackers;

  beforeAll(async () => {
    const issuer = await createIssuer();
    [venue, attackers] = [await startAttackedVenue(issuer.jwks), startAttackers()];
    loot = lootOf(venue.origin, issuer, await createSenders(issuer, 'ES256', 4));
  });

  afterAll(async () => {
    for (const each of [loot, attackers, venue]) await each[Symbol.asyncDispose]();
  });

  it.each(FLOODS.map((kind) => [kind.name, kind] as const))(
    '%s: each has the fate that it claims',
    async (_name, kind) => {
      const outcomes = await Promise.all((await kind.make(loot, EACH)).map(loot.send));
      expect(outcomes).toEqual(Array.from({ length: EACH }, () => kind.code));
    },
  );

  it('is counted by reason code, also where a connection does not wait for answers', async () => {
    const requests = await FLOODS.find(({ pipelining = 1 }) => pipelining > 1)?.make(loot, EACH);
    await attackers.prepare({ origin: loot.origin, requests: requests ?? [], connections: 3, pipelining: 16 });
    const { served: before } = await venue.usage();
    await attackers.begin();
    await expect.poll(async () => (await venue.usage()).served - before).toBeGreaterThan(100);
    const { answers, closed } = await attackers.stop();
    expect({ codes: Object.keys(answers), closed }).toEqual({ codes: ['credentials_missing'], closed: 0 });
    expect(answers['credentials_missing']).toBeGreaterThan(16);
  });

  it('has the issuer asked for its keys no more than twice, however many kids there are', async () => {
    const kids = await FLOODS.find(({ code }) => code === 'token_key_unknown')?.make(loot, 100);
    for (const request of kids ?? []) await loot.send(request);
    expect((await venue.usage()).asked).toBeLessThanOrEqual(4); // metadata and keys, at first and for an unknown kid
  });
});

describe('answers on one connection', () => {
  const refusal = '{"error":"invalid_token","code":"token_expired"}';
  const answer = (status: string, body: string) =>
    `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const all = [
    answer('401 Unauthorized', refusal),
    answer('200 OK', '{"code":"x"}'),
    answer('431 Request Header Fields Too Large', ''),
  ].join('');

  it.each([1, 7, all.length])('are told apart in pieces of %i octets', (size) => {
    const outcomes: string[] = [];
    const read = createAnswerReader((outcome) => outcomes.push(outcome));
    for (let at = 0; at < all.length; at += size) read(Buffer.from(all.slice(at, at + size)));
    expect(outcomes).toEqual(['token_expired', 'served', 'status 431']);
  });
});

describe('the figures of a flood', () => {
  const honest = {
    ...{
      from: 0,
      to: 1000,
      rate: 100,
      achieved: 100,
      requests: 100,
      failed: 0,
      failures: {},
      late: 0,
      isBehind: false,
    },
    ...{ p50: 10, p99: 20, p999: 30, worst: 40 },
  };
  const usage = { at: 0, cpu: 0, served: 0, resident: 100, heap: 50, asked: 0 };
  const calm: Slice = { honest, before: usage, after: { ...usage, at: 1000, cpu: 10_000, served: 100 } };
  const flooded = (answers: Record<string, number>, cpu: number): Slice => ({
    honest: { ...honest, p50: 11, worst: 90, failed: 1 },
    flood: { from: 0, to: 1000, answers, closed: 0 },
    before: usage,
    after: { ...usage, at: 1000, cpu, served: 600, resident: 120, asked: 2 },
  });

  it('take what honest requests cost in the calm from what the server has used', () => {
    const slices = [flooded({ proof_signature: 499, served: 1 }, 60_000), flooded({ proof_signature: 500 }, 60_000)];
    expect(floodFigures('attack x', slices, [calm, calm])).toMatchObject({
      ...{
        name: 'attack x',
        rate: 500,
        refusals: { proof_signature: 999 },
        cpu: 100,
        busy: 0.06,
        asked: 4,
        memory: 120,
      },
      honest: { p50: 11, worst: 90, failed: 2, requests: 200, rate: 100, cpu: 100, share: 0.01 },
    });
  });

  it('of the calm name no attack', () => {
    const { cpu, ...figures } = floodFigures('attack nobody', [calm], [calm]);
    expect(cpu).toBeUndefined();
    expect(figures).toMatchObject({ rate: 0, refusals: {}, honest: { failed: 0 }, memory: 100 });
  });
});

describe('npm run bench -- --attack', () => {
  const entry = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));
  const bench = (...args: string[]) =>
    spawnSync(process.execPath, [entry, '--attack', '--quick', '--seconds', '0.5', '--json', ...args], {
      ...{ encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' },
    });

  it('has every honest request served, before, while and after others attack', () => {
    const { status, stdout, stderr } = bench('--only', 'attack garbage');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { honestRate, floods } = (JSON.parse(stdout) as { attack: Attack }).attack;
    expect(honestRate).toBeGreaterThan(0);
    const kinds = floods.map(({ name, rate, refusals }) => [name, rate > 0, Object.keys(refusals)]);
    expect(kinds).toEqual([
      ['attack nobody, before', false, []],
      ['attack garbage', true, ['proof_malformed']],
      ['attack garbage in three segments', true, ['proof_malformed']],
      ['attack nobody, after', false, []],
    ]);
    for (const { name, honest } of floods) {
      expect({ name, failed: honest.failed }).toEqual({ name, failed: 0 });
      expect(honest.requests, name).toBeGreaterThan(50);
    }
  }, 60_000);

  it('starts nothing when no flood is of the algorithm that is asked for', () => {
    const { status, stdout, stderr } = bench('--alg', 'PS256');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^bench: .*nothing/);
  });
});
