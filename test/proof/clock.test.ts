import { seconds } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { createReplayTable } from '@holdfast/verifier';
import { describe, expect, it } from 'vitest';
import { createScene } from '../issuer/scene.ts';

describe('a clock', () => {
  it('is read as whole seconds', () => {
    expect(seconds(() => 1_790_000_000_999)).toBe(1_790_000_000);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, undefined, null, '1790000000000'])(
    'that says %j says nothing',
    (value) => {
      const clock = () => value as number;
      expect(() => seconds(clock)).toThrow(TypeError);
      expect(() => memoryStore({ clock }).add('key', '', 1_790_000_000)).toThrow(TypeError);
      expect(() => createReplayTable({ clock }).add('key', '', 1_790_000_000)).toThrow(TypeError);
    },
  );

  it('that says NaN gets nobody a token', async () => {
    const scene = await createScene();
    scene.now = Number.NaN;
    expect(await scene.assert()).toMatchObject({ status: 500, body: { code: 'internal' } });
  });
});

describe('the embedded replay table', () => {
  it('adds nothing that would never expire', () => {
    const table = createReplayTable({ clock: () => 1_790_000_000_000 });
    expect(() => table.add('key', '', Number.NaN)).toThrow('The store does not answer');
  });
});
