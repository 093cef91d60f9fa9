import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { arrivals } from '../../bench/load/arrivals.ts';
import { runClosedLoop } from '../../bench/load/closed-loop.ts';
import { runOpenLoop } from '../../bench/load/open-loop.ts';
import { summarise } from '../../bench/load/when-due.ts';
import { loadLines } from '../../bench/report/load.ts';
import type { Load, Scenario } from '../../bench/result.ts';

const STALL = 300; // ms
const CONNECTIONS = 8;
const READ = { method: 'GET', path: '/orders', headers: {} };

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Resolves with the origin. What knocks at / is answered at once. */
async function serve(listener: RequestListener): Promise<string> {
  server = createServer((request, response) => {
    if (request.url === '/') response.end();
    else listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Once, from its fiftieth request on, it answers nobody for a while. */
function stalling(): RequestListener {
  let [requests, until] = [0, 0];
  return (_request, response) => {
    requests += 1;
    if (requests === 50) until = performance.now() + STALL;
    setTimeout(() => response.end('{}'), Math.max(0, until - performance.now()));
  };
}

describe('an open loop', () => {
  const loop = { connections: CONNECTIONS, rate: 400, count: 240, seed: 1 };
  const ofOne = (origin: string, more: object = {}) =>
    runOpenLoop({ ...loop, target: { origin }, ...more }, () => READ);

  it('times requests from when they were due, so that a stall is felt by all who come meanwhile', async () => {
    const { latency, failures } = await ofOne(await serve(stalling()));
    expect(failures).toEqual({});
    // 400 a second for the first two thirds of the stall: some 80 requests, on eight connections
    expect(latency.filter((each) => each > STALL / 3).length).toBeGreaterThan(5 * CONNECTIONS);
  });

  it('counts refusals by what they say, and takes them for no success', async () => {
    const origin = await serve((_request, response) => response.writeHead(401).end('{"error":"invalid_token"}'));
    const { failed, failures, achieved } = summarise(await ofOne(origin, { count: 20 }));
    expect({ failed, failures, achieved }).toEqual({ failed: 20, failures: { '401 invalid_token': 20 }, achieved: 0 });
  });

  it('gives up on what is never answered, and counts it as slower than everything', async () => {
    const [count, patience] = [20, 100];
    const result = summarise(await ofOne(await serve(() => {}), { count, patience }));
    expect(result.failures).toEqual({ 'no answer': count });
    expect(result.p50).toBeGreaterThanOrEqual(patience * 1000);
  });

  it('tells when it is late itself', async () => {
    const origin = await serve((_request, response) => response.end('{}'));
    const slowly = () => {
      const end = performance.now() + 10;
      while (performance.now() < end); // a generator that takes longer to make a request than until the next is due
      return READ;
    };
    const timed = await runOpenLoop({ ...loop, count: 40, target: { origin } }, slowly);
    expect(summarise(timed)).toMatchObject({ isBehind: true, failures: {} });
  });

  it('has arrivals by chance, and the same again for the same seed', () => {
    const due = arrivals(1000, 10_000, 7);
    expect(due).toEqual(arrivals(1000, 10_000, 7));
    expect(due).not.toEqual(arrivals(1000, 10_000, 8));
    expect((due.at(-1) ?? 0) / 1000).toBeCloseTo(10, 0);
    // Of exponential gaps, 1 - 1/e are shorter than their mean of 1 ms
    const short = due.filter((at, i) => at - (due[i - 1] ?? 0) < 1).length;
    expect(short / due.length).toBeCloseTo(1 - 1 / Math.E, 1);
  });
});

it('leaves a closed loop with one slow answer for each connection', async () => {
  const target = { origin: await serve(stalling()) };
  const { latencies } = await runClosedLoop({ target, connections: CONNECTIONS, count: 240 }, () => READ);
  expect(latencies.filter((each) => each > (STALL / 3) * 1000).length).toBeLessThanOrEqual(CONNECTIONS);
});

const entry = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));

function bench(...args: string[]) {
  return spawnSync(process.execPath, [entry, ...args], { encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' });
}

describe('npm run bench -- --load', () => {
  it('loads a venue, beside what it cannot do without, and every request has a proof of its own', () => {
    const args = ['--load', '--quick', '--seconds', '1', '--only', 'load DPoP Ed25519', '--json'];
    const { status, stdout, stderr } = bench(...args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { load } = JSON.parse(stdout) as { load: Load };
    expect(load.scenarios.map(({ name }) => name)).toEqual(['load no authentication', 'load DPoP Ed25519']);
    for (const { name, saturation } of load.scenarios) {
      expect(saturation?.throughput.median, name).toBeGreaterThan(0);
      expect(saturation?.cpu.median, name).toBeGreaterThan(0);
      expect(saturation?.requests, name).toBeGreaterThan(100);
    }
    const { saturation } = load.scenarios.at(-1) as Scenario;
    expect(saturation?.comparisons.map(({ against }) => against)).toEqual([
      'Fastify floor + one raw verification',
      'Fastify floor + one raw verification, by CPU',
      'load no authentication',
      'load no authentication, by CPU',
    ]);
    expect(load.scenarios.map(({ rates }) => rates.map(({ share }) => share))).toEqual([[0.5], []]);
  }, 60_000);

  it('starts nothing for a name that no scenario has', () => {
    const { status, stderr } = bench('--load', '--only', 'load by pigeon');
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('nothing is of this name') });
  });
});

it('says where the server had time left, so that its throughput is not its limit', () => {
  const spread = (median: number) => ({ median, low: median, high: median });
  const scenario = (name: string, busy: number): Scenario => ({
    ...{ name, transport: 'http', processes: 1, rates: [] },
    saturation: {
      ...{ connections: 32, throughput: spread(5000), cpu: spread(150), busy: spread(busy), memory: 150 },
      ...{ p50: 1, p99: 2, p999: 3, requests: 1000, rounds: 3, comparisons: [] },
    },
  });
  const lines = loadLines({ scenarios: [scenario('load idle', 0.6), scenario('load busy', 0.99)] });
  const [note] = lines.filter((line) => line.includes('not at its limit'));
  expect(note).toContain('load idle');
  expect(note).not.toContain('load busy');
});
