import { beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from './certificates.ts';
import { breakSignature, makeKey, published } from './forge.ts';
import { json, serveIssuer, status } from './issuer-server.ts';
import { boundTo, Scene } from './scene.ts';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await makeCertificates();
});

/** A scene in which `token` was accepted already, so that what follows meets what the verifier remembers. */
async function seen(payload: Record<string, unknown> = {}) {
  const scene = new Scene();
  const token = scene.token({ payload });
  await scene.send({ token });
  return { scene, token };
}

describe('a token that was accepted before', () => {
  it('AT-4-06 is refused from the second on at which it expires', async () => {
    const { scene, token } = await seen();
    scene.wait(299);
    await scene.send({ token });
    scene.wait(1);
    expect(await scene.code({ token })).toBe('token_expired');
  });

  it('RFC 7519 §4.1.5 is refused before its time, when the clock steps back', async () => {
    const scene = new Scene();
    const bound = boundTo(Buffer.from('own'));
    const token = scene.token({ payload: { ...bound.payload, iat: scene.now, nbf: scene.now } });
    const attempt = { scheme: 'Bearer', token, certificate: Buffer.from('own') };
    await scene.send(attempt);
    scene.wait(-11);
    expect(await scene.code(attempt)).toBe('token_not_yet_valid');
    scene.wait(1);
    await scene.send(attempt);
  });

  it('CVE-2024-49755 is refused with a proof by another key', async () => {
    const { scene, token } = await seen();
    expect(await scene.code({ token, proof: { key: makeKey() } })).toBe('key_mismatch');
    expect(await scene.code({ token, scheme: 'Bearer' })).toBe('scheme_mismatch');
  });

  it('AT-4-05 vouches for no token that differs from it in one character', async () => {
    const { scene, token } = await seen();
    expect(await scene.code({ token: breakSignature(token) })).toBe('token_signature');
    const [header, payload, signature] = token.split('.');
    const other = scene.token({ payload: { scope: 'admin' } }).split('.')[1];
    expect(await scene.code({ token: `${header}.${other}.${signature}` })).toBe('token_signature');
    expect(await scene.code({ token: `${header}.${payload}.` })).toBe('token_signature');
  });

  it('FAPI2-5.3.4-04 is good for its scopes and no others', async () => {
    const { scene, token } = await seen({ scope: 'orders:read' });
    const refusal = await scene.refusal({ token }, { scope: ['orders:write'] });
    expect(refusal.code).toBe('scope_insufficient');
  });

  it('MTLS-3-03 is refused with another certificate', async () => {
    const scene = new Scene();
    const [own, other] = [Buffer.from('own'), Buffer.from('other')];
    const token = scene.token(boundTo(own));
    await scene.send({ scheme: 'Bearer', token, certificate: own });
    expect(await scene.code({ scheme: 'Bearer', token, certificate: other })).toBe('certificate_mismatch');
    expect(await scene.code({ scheme: 'Bearer', token })).toBe('certificate_missing');
  });

  it('says the same next time, whatever a handler does to what it said', async () => {
    const { scene, token } = await seen({ roles: { desk: ['equities'] } });
    const access = await scene.send({ token });
    const roles = access.claims['roles'] as { desk: string[] };
    for (const change of [
      () => roles.desk.push('everything'),
      () => Object.assign(access.claims, { sub: 'somebody else' }),
      () => (access.scope as string[]).push('admin'),
      () => Object.assign(access.confirmation, { jkt: makeKey().jkt }),
    ]) {
      expect(change).toThrow(TypeError);
    }
    expect(await scene.send({ token })).toEqual(access);
  });
});

describe('keys that were given', () => {
  it('are read once, whatever their owner does with them afterwards', async () => {
    const key = makeKey('ES256', 'issuer-1');
    const other = makeKey('PS256', 'issuer-2');
    const jwks = { keys: [published(key)] };
    const scene = new Scene({ jwks }, { issuer: key });
    jwks.keys.pop();
    await scene.send();
    jwks.keys.push(published(other));
    expect(await scene.code({ token: { key: other } })).toBe('token_key_unknown');
  });
});

describe('a token that was accepted before, when the issuer’s keys change', () => {
  const key = makeKey('ES256', 'issuer-1');

  async function discovered() {
    const server = await serveIssuer(certificates, [key]);
    const { issuer, fetch } = server;
    const scene = new Scene({ issuer, fetch, jwks: undefined as never }, { issuer: key });
    const token = scene.token({ payload: { iss: issuer, exp: scene.now + 86_400 } });
    await scene.send({ token });
    return { server, scene, token };
  }

  it('AT-4-05 is refused once its key is withdrawn', async () => {
    const { server, scene, token } = await discovered();
    await using _ = server;
    server.answers['/jwks'] = json({ keys: [published(makeKey('ES256', 'issuer-2'))] });
    scene.wait(599);
    await scene.send({ token });
    scene.wait(1);
    expect(await scene.code({ token })).toBe('token_key_unknown');
  });

  it('AT-4-05 is refused once its kid stands for another key', async () => {
    const { server, scene, token } = await discovered();
    await using _ = server;
    server.answers['/jwks'] = json({ keys: [published(makeKey('ES256', 'issuer-1'))] });
    scene.wait(600);
    expect(await scene.code({ token })).toBe('token_signature');
  });

  it('is refused when the issuer was not heard for an hour', async () => {
    const { server, scene, token } = await discovered();
    await using _ = server;
    server.answers['/jwks'] = status(500);
    scene.wait(3599);
    await scene.send({ token });
    scene.wait(31);
    expect(await scene.refusal({ token })).toMatchObject({ code: 'issuer_unavailable', status: 503 });
  });
});

describe('a key whose proof was accepted before', () => {
  it('DPOP-4.3-06 still has to sign every proof', async () => {
    const { scene, token } = await seen();
    expect(await scene.code({ token, proof: breakSignature(await scene.proof(token)) })).toBe('proof_signature');
    const [header] = (await scene.proof(token)).split('.');
    const [, payload, signature] = (await scene.proof(token, { key: makeKey() })).split('.');
    expect(await scene.code({ token, proof: `${header}.${payload}.${signature}` })).toBe('proof_signature');
  });

  it('DPOP-4.3-13 does not serve for the token of another client', async () => {
    const { scene } = await seen();
    const other = makeKey();
    const token = scene.token({ payload: { cnf: { jkt: other.jkt } } });
    expect(await scene.code({ token })).toBe('key_mismatch');
    await scene.send({ token, proof: { key: other } });
  });

  it('JOSE-7515-4.1.11-01 excuses no other header', async () => {
    const { scene, token } = await seen();
    expect(await scene.code({ token, proof: { header: { crit: ['x'], x: 1 } } })).toBe('proof_malformed');
    expect(await scene.code({ token, proof: { header: { typ: 'JWT' } } })).toBe('proof_typ');
  });
});
