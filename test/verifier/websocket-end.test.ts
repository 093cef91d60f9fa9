import { once } from 'node:events';
import type { VerifierOptions } from '@holdfast/verifier';
import { beforeAll, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { type Certificates, makeCertificates } from './certificates.ts';
import { credentials, type Wanted } from './credentials.ts';
import { ISSUER, Scene } from './scene.ts';
import { dial, dialRaw, serveSockets } from './socket-server.ts';

let tls: Certificates;

beforeAll(async () => {
  tls = await makeCertificates();
});

const good = (scene: Scene, wanted: Wanted = {}) => credentials(scene, { path: '/stream', ...wanted });

async function closing(socket: WebSocket | undefined): Promise<[number, string]> {
  if (socket === undefined) throw new Error('not open');
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return [code, reason.toString()];
}

describe('FAPI2-5.3.4-03 an open WebSocket', () => {
  /** A scene in real time, for timers know no other. */
  const live = (options: Partial<VerifierOptions> = {}) => {
    const scene = new Scene({ clock: Date.now, ...options });
    scene.clock.now = Date.now();
    return scene;
  };

  it('is closed with 1008 when its token expires, not before', async () => {
    const scene = live();
    await using server = await serveSockets(scene.verifier, tls);
    const exp = scene.now + 2;
    const { socket } = await dial(server.port, tls, await good(scene, { token: scene.token({ payload: { exp } }) }));
    expect(await closing(socket)).toEqual([1008, 'token_expired']);
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000);
  });

  it('is closed at once when its token is revoked, and no other is', async () => {
    const scene = live();
    await using server = await serveSockets(scene.verifier, tls);
    const revoked = await dial(
      server.port,
      tls,
      await good(scene, { token: scene.token({ payload: { jti: 'first' } }) }),
    );
    const other = await dial(server.port, tls, await good(scene));
    scene.verifier.revoke({ issuer: ISSUER, jti: 'first', expiresAt: scene.now + 300 });
    expect(await closing(revoked.socket)).toEqual([1008, 'token_revoked']);
    other.socket?.send('still there');
    expect(String((await once(other.socket as WebSocket, 'message'))[0])).toBe('still there');
  });

  it('is closed when its token cannot be checked any more', async () => {
    let answers = true;
    const isRevoked = () => (answers ? false : Promise.reject(new Error('down')));
    const scene = live({ isRevoked, watchInterval: 10 });
    await using server = await serveSockets(scene.verifier, tls);
    const { socket } = await dial(server.port, tls, await good(scene));
    answers = false;
    expect(await closing(socket)).toEqual([1008, 'issuer_unavailable']);
  });

  it('is cut off when the peer does not answer the close', async () => {
    const scene = live();
    await using server = await serveSockets(scene.verifier, tls, { timeout: 50 });
    const raw = await dialRaw(
      server.port,
      tls,
      await good(scene, { token: scene.token({ payload: { jti: 'mute' } }) }),
    );
    await expect.poll(() => server.opened.length).toBe(1);
    scene.verifier.revoke({ issuer: ISSUER, jti: 'mute', expiresAt: scene.now + 300 });
    const [{ socket } = {}] = server.opened;
    expect(socket?.readyState).toBe(1);
    expect(await closing(socket)).toEqual([1006, '']);
    expect(await raw.received()).toContain('token_revoked');
    raw.reset();
  });

  it('is no longer open, for who acts on messages, from the moment that its token ends', async () => {
    const scene = live();
    await using server = await serveSockets(scene.verifier, tls);
    await dial(server.port, tls, await good(scene, { token: scene.token({ payload: { jti: 'ended' } }) }));
    const [{ socket } = {}] = server.opened;
    const closed = closing(socket);
    scene.verifier.revoke({ issuer: ISSUER, jti: 'ended', expiresAt: scene.now + 300 });
    await expect.poll(() => socket?.readyState).not.toBe(1);
    await closed;
  });

  it('is watched no more once it has closed by itself', async () => {
    const looks = new Map<unknown, number>();
    const isRevoked: VerifierOptions['isRevoked'] = ({ claims }) => {
      looks.set(claims['jti'], (looks.get(claims['jti']) ?? 0) + 1);
      return false;
    };
    const scene = live({ isRevoked, watchInterval: 5 });
    await using server = await serveSockets(scene.verifier, tls);
    const tokenOf = (jti: string) => scene.token({ payload: { jti } });
    const gone = await dial(server.port, tls, await good(scene, { token: tokenOf('gone') }));
    await dial(server.port, tls, await good(scene, { token: tokenOf('stays') }));
    const [{ socket } = {}] = server.opened;
    const closed = closing(socket);
    gone.socket?.close(1000);
    expect((await closed)[0]).toBe(1000);
    const [goneLooks, staysLooks = 0] = [looks.get('gone'), looks.get('stays')];
    await expect.poll(() => looks.get('stays')).toBeGreaterThan(staysLooks + 5);
    expect(looks.get('gone')).toBe(goneLooks);
  });
});
