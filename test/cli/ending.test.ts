import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdfast, holdfastInto, serving } from './holdfast-process.ts';

let state: string;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'holdfast-ending-'));
});

afterAll(() => rm(state, { recursive: true, force: true }));

const up = () => serving('demo', '--serve', '--json', '--port', '0', '--state', state);
const factsFile = () => join(state, 'deployment.json');

describe('a holdfast that stays up ends when it must', () => {
  it('with an error, when it cannot write down what is running', async () => {
    await mkdir(factsFile());
    const { code, stdout, stderr } = await holdfast('demo', '--serve', '--port', '0', '--state', state);
    await rm(factsFile(), { recursive: true });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^holdfast: [^\n]+deployment\.json: this is a directory\n$/);
  });

  it('on a signal, though somebody holds a connection without a TLS handshake', async () => {
    const server = await up();
    const { issuer } = JSON.parse(server.firstLine) as { issuer: string };
    const socket = connect(Number(new URL(issuer).port), '127.0.0.1').on('error', () => {});
    try {
      await once(socket, 'connect');
      const late = setTimeout(() => server.child.kill('SIGKILL'), 5000);
      expect(await server.stop()).toMatchObject({ code: 0, stderr: '' });
      clearTimeout(late);
    } finally {
      socket.destroy();
    }
  });

  it('and leaves the file of another one on the same folder alone', async () => {
    const [first, second] = [await up(), await up()];
    await first.stop();
    expect(JSON.parse(await readFile(factsFile(), 'utf8'))).toEqual(JSON.parse(second.firstLine));
    await second.stop();
    expect(existsSync(factsFile())).toBe(false);
  });
});

describe('an output that takes nothing', () => {
  it.each([
    [['--help'], 0],
    [[], 2],
    [['demo'], 0],
    [['demo', '--serve', '--port', '0'], 0],
  ])('nobody reads: holdfast %j ends quietly', async (args, code) => {
    const ended = await holdfastInto('nobody', ...args, ...(args[0] === 'demo' ? ['--state', state] : []));
    expect(ended).toEqual({ code, stderr: '' });
    expect(existsSync(factsFile())).toBe(false);
  });

  it.skipIf(!existsSync('/dev/full')).each([[['--help']], [['demo', '--serve', '--port', '0']]])(
    'the disk is full: holdfast %j says so',
    async (args) => {
      const full = await open('/dev/full', 'w');
      const ended = await holdfastInto(full.fd, ...args, ...(args[0] === 'demo' ? ['--state', state] : []));
      await full.close();
      expect(ended).toEqual({ code: 1, stderr: 'holdfast: standard output: no space left\n' });
      expect(existsSync(factsFile())).toBe(false);
    },
  );
});
