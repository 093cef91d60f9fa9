import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { HoldfastError } from '@holdfast/proof';
import type { Access, IsRevoked } from '@holdfast/verifier';
import { describe, expect, it } from 'vitest';
import { ISSUER, Scene } from './scene.ts';

/** The refusal with which the watching ends. */
function ended(scene: Scene, access: Access): Promise<HoldfastError> {
  return new Promise((resolve) => scene.verifier.watch(access, resolve));
}

describe('watching over the token of a connection', () => {
  it('AT-4-06 ends when the token expires', async () => {
    const scene = new Scene({ clock: Date.now }); // a real clock is what is tested
    scene.clock.now = Date.now();
    const access = await scene.send({ token: { payload: { exp: scene.now + 2 } } });
    const refusal = await ended(scene, access);
    expect(refusal.code).toBe('token_expired');
    expect(Date.now()).toBeGreaterThanOrEqual(access.expiresAt * 1000);
  });

  it('FAPI2-5.3.4-03 ends as soon as the token is revoked, and no other token with it', async () => {
    const scene = new Scene();
    const access = await scene.send({ token: { payload: { jti: 'a' } } });
    const other = await scene.send({ token: { payload: { jti: 'b' } } });
    let otherEnded = false;
    scene.verifier.watch(other, () => {
      otherEnded = true;
    });
    const end = ended(scene, access);
    scene.verifier.revoke({ issuer: ISSUER, jti: 'a', expiresAt: scene.now + 300 });
    expect((await end).code).toBe('token_revoked');
    expect(otherEnded).toBe(false);
  });

  it('FAPI2-5.3.4-03 ends at once for a token that was revoked before the watching began', async () => {
    const scene = new Scene();
    const access = await scene.send({ token: { payload: { jti: 'a' } } });
    scene.verifier.revoke({ issuer: ISSUER, jti: 'a', expiresAt: scene.now + 300 });
    expect((await ended(scene, access)).code).toBe('token_revoked');
  });

  it('asks about no other token when one is revoked', async () => {
    const asked: unknown[] = [];
    const isRevoked: IsRevoked = ({ claims }) => {
      asked.push(claims['jti']);
      return false;
    };
    const scene = new Scene({ isRevoked });
    const ends: Promise<HoldfastError>[] = [];
    for (const jti of ['a', 'b', 'c']) ends.push(ended(scene, await scene.send({ token: { payload: { jti } } })));
    asked.length = 0;
    scene.verifier.revoke({ issuer: ISSUER, jti: 'b', expiresAt: scene.now + 300 });
    expect((await ends[1])?.code).toBe('token_revoked');
    expect(asked).not.toContain('a');
    expect(asked).not.toContain('c');
  });

  it('does not ask without pause through the second in which a token ends', async () => {
    let asked = 0;
    const isRevoked = () => ++asked === 0;
    const scene = new Scene({ clock: Date.now, isRevoked }); // a real clock is what is tested
    scene.clock.now = Date.now();
    const access = await scene.send({ token: { payload: { exp: scene.now + 1.001 } } });
    expect((await ended(scene, access)).code).toBe('token_expired');
    expect(asked).toBeLessThan(10);
  });

  it('FAPI2-5.3.4-03 asks isRevoked again and again', async () => {
    let asked = 0;
    const scene = new Scene({ isRevoked: () => ++asked > 3, watchInterval: 1 });
    expect((await ended(scene, await scene.send())).code).toBe('token_revoked');
    expect(asked).toBe(4);
  });

  it('DPOP-7.1-04 ends when revocation can no longer be checked', async () => {
    let asked = 0;
    const isRevoked = () => {
      if (++asked > 1) throw new Error('no database');
      return false;
    };
    const scene = new Scene({ isRevoked, watchInterval: 1 });
    expect((await ended(scene, await scene.send())).code).toBe('issuer_unavailable');
  });

  it('DPOP-7.1-04 ends when the clock gives no time any more, and the process goes on', async () => {
    const scene = new Scene({
      watchInterval: 1,
      clock: () => {
        if (Number.isNaN(scene.clock.now)) throw new Error('no clock');
        return scene.clock.now;
      },
    });
    const end = ended(scene, await scene.send());
    scene.clock.now = Number.NaN;
    expect((await end).code).toBe('internal');
  });

  it('does not end when revocation could not be checked once', async () => {
    let asked = 0;
    const isRevoked = () => {
      asked += 1;
      if (asked % 2 === 0 && asked < 9) throw new Error('no database');
      return asked > 9;
    };
    const scene = new Scene({ isRevoked, watchInterval: 1 });
    expect((await ended(scene, await scene.send())).code).toBe('token_revoked');
    expect(asked).toBe(10);
  });

  it('ends once, and not at all after it was stopped', async () => {
    const scene = new Scene({ watchInterval: 1 });
    const [access, other] = [await scene.send({ token: { payload: { jti: 'a' } } }), await scene.send()];
    const ends: string[] = [];
    scene.verifier.watch(access, () => ends.push('watched'));
    scene.verifier.watch(access, () => ends.push('stopped'))();
    const revoke = (jti: string) => scene.verifier.revoke({ issuer: ISSUER, jti, expiresAt: scene.now + 300 });
    revoke('a');
    revoke('a');
    const otherEnd = ended(scene, other);
    revoke(String(other.claims['jti']));
    await otherEnd;
    expect(ends).toEqual(['watched']);
  });

  it('keeps no process alive', async () => {
    const child = spawn(process.execPath, [new URL('./watching-process.ts', import.meta.url).pathname], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
  });

  it('an access that this verifier did not give is a programming mistake', async () => {
    const scene = new Scene();
    const access = await scene.send();
    expect(() => scene.verifier.watch({ ...access }, () => {})).toThrow(TypeError);
  });
});
