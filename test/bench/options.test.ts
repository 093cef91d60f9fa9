import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readOptions, UsageError } from '../../bench/options.ts';
import { expectMeasured } from '../../bench/scene/algorithms.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const URL_OF_A_SERVER = 'https://venue.example/orders';

describe('the options of npm run bench', () => {
  it.each([
    ['a name that is empty, as of a variable that is not set', ['--only', '']],
    ['an algorithm that is empty', ['--alg=']],
    ['a folder that is empty', ['--out', '']],
    ['seconds below zero', ['--seconds', '-5']],
    ['seconds below zero, in one word', ['--seconds=-5']],
    ['seconds that are missing', ['--seconds']],
    ['no end of seconds', ['--seconds', 'Infinity']],
    ['half a request', ['--soak', '--requests', '0.5']],
    ['requests without the soak that sends them', ['--requests', '10']],
    ['rates below zero', [URL_OF_A_SERVER, '--rate', '10,0']],
    ['a URL of no https server', ['http://venue.example/orders']],
    ['two URLs', [URL_OF_A_SERVER, URL_OF_A_SERVER]],
    ['a rate without a server', ['--rate', '10']],
  ])('refuse %s in one line', (_what, args) => {
    expect(() => readOptions(args)).toThrow(UsageError);
    expect(() => readOptions(args)).toThrow(/^[^\n]{5,120}$/);
  });

  it('have -h for --help', () => {
    expect(readOptions(['-h']).help).toBe(true);
  });

  it('have a run of everything write to the results of the repository, and a part to nowhere', () => {
    expect(resolve(readOptions([]).out ?? '')).toBe(resolve(ROOT, 'bench/results'));
    expect(readOptions(['--micro']).out).toBeUndefined();
    expect(readOptions(['--micro', '--out', 'x']).out).toBe('x');
  });

  it('leave latency out of a quick run, unless a name is asked for', () => {
    expect(readOptions(['--quick']).parts).toEqual(new Set(['micro', 'load', 'attack']));
    expect(readOptions(['--quick', '--only', 'latency']).parts).toContain('latency');
  });

  it('know the algorithms by their names, in whatever case', () => {
    expect(() => expectMeasured('es256')).not.toThrow();
    for (const name of ['ES265', 'EdDSA', 'HS256', 'none']) {
      expect(() => expectMeasured(name), name).toThrow(/^--alg: one of ES256, /);
    }
  });
});
