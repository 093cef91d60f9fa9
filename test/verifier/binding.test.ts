import { describe, expect, it } from 'vitest';
import { type Members, makeKey, sha256 } from './forge.ts';
import { type Attempt, Scene } from './scene.ts';

const mine = Buffer.from('the DER of my certificate');
const other = Buffer.from('the DER of another certificate');
const x5t = sha256(mine);

/** Possession: what the sender shows; what the token's cnf says; and what becomes of it. `jkt` stands for the client's. */
const MATRIX: readonly [what: string, cnf: Members | undefined, attempt: Attempt, outcome: string][] = [
  ['DPoP, jkt, proof', { jkt: 'mine' }, {}, 'accepted'],
  ['DPoP, jkt, proof and an idle certificate', { jkt: 'mine' }, { certificate: other }, 'accepted'],
  ['Bearer, x5t#S256, its certificate', { 'x5t#S256': x5t }, { scheme: 'Bearer', certificate: mine }, 'accepted'],
  ['DPoP, both, proof and certificate', { jkt: 'mine', 'x5t#S256': x5t }, { certificate: mine }, 'accepted'],

  ['DPOP-7.1-03 C070 DPoP, jkt, no proof', { jkt: 'mine' }, { proof: null }, 'proof_missing'],
  ['DPOP-7.2-01 C070 Bearer, jkt, no proof', { jkt: 'mine' }, { scheme: 'Bearer' }, 'scheme_mismatch'],
  ['DPOP-7.2-01 Bearer, jkt, good proof', { jkt: 'mine' }, { scheme: 'Bearer', proof: {} }, 'scheme_mismatch'],
  ['Bearer, jkt, a certificate', { jkt: 'mine' }, { scheme: 'Bearer', certificate: mine }, 'scheme_mismatch'],
  ['DPoP, x5t#S256, proof and certificate', { 'x5t#S256': x5t }, { certificate: mine }, 'scheme_mismatch'],
  ['Bearer, x5t#S256, no certificate', { 'x5t#S256': x5t }, { scheme: 'Bearer' }, 'certificate_missing'],
  [
    'Bearer, x5t#S256, another certificate',
    { 'x5t#S256': x5t },
    { scheme: 'Bearer', certificate: other },
    'certificate_mismatch',
  ],
  ['DPoP, both, no certificate', { jkt: 'mine', 'x5t#S256': x5t }, {}, 'certificate_missing'],
  ['DPoP, both, another certificate', { jkt: 'mine', 'x5t#S256': x5t }, { certificate: other }, 'certificate_mismatch'],
  ['DPoP, both, no proof', { jkt: 'mine', 'x5t#S256': x5t }, { certificate: mine, proof: null }, 'proof_missing'],
  [
    'Bearer, both, certificate',
    { jkt: 'mine', 'x5t#S256': x5t },
    { scheme: 'Bearer', certificate: mine },
    'scheme_mismatch',
  ],
  ['DPoP, jkt of another key', { jkt: sha256('another key') }, {}, 'key_mismatch'],

  ['BCP-2.2.1-01 DPoP, no cnf', undefined, {}, 'token_unbound'],
  ['BCP-2.2.1-01 Bearer, no cnf', undefined, { scheme: 'Bearer' }, 'token_unbound'],
  ['Bearer, no cnf, a certificate', undefined, { scheme: 'Bearer', certificate: mine }, 'token_unbound'],
  ['DPoP, empty cnf', {}, {}, 'token_unbound'],
  ['DPoP, unknown member alone', { kid: 'x' }, {}, 'confirmation_unknown'],
  ['DPoP, unknown member beside jkt', { jkt: 'mine', jku: 'https://a.example' }, {}, 'confirmation_unknown'],
  [
    'Bearer, unknown member beside x5t#S256',
    { 'x5t#S256': x5t, jwk: {} },
    { scheme: 'Bearer', certificate: mine },
    'confirmation_unknown',
  ],
  ['Bearer, x5t', { x5t }, { scheme: 'Bearer', certificate: mine }, 'confirmation_unknown'],
];

describe('N16 FAPI2-5.3.4-05 DPOP-6-01 the accept matrix', () => {
  it.each(MATRIX)('%s', async (_what, cnf, attempt, outcome) => {
    const scene = new Scene();
    const bound = cnf !== undefined && cnf['jkt'] === 'mine' ? { ...cnf, jkt: scene.client.jkt } : cnf;
    const sent = scene.send({ ...attempt, token: { payload: { cnf: bound } } });
    expect(
      await sent.then(
        () => 'accepted',
        (error) => error.code,
      ),
    ).toBe(outcome);
  });

  it.each([[null], [[]], ['x'], [7], [true], [{ jkt: null }], [{ jkt: [] }], [{ jkt: '' }], [{ jkt: 'short' }]])(
    'DPOP-6-01 refuses cnf %j',
    async (cnf) => {
      expect(await new Scene().code({ token: { payload: { cnf } } })).toBe('confirmation_unknown');
    },
  );

  it('refuses a cnf that names a member by __proto__', async () => {
    const scene = new Scene();
    const cnf = JSON.parse(`{"jkt":"${scene.client.jkt}","__proto__":{}}`) as Members;
    expect(await scene.code({ token: { payload: { cnf } } })).toBe('confirmation_unknown');
  });

  it.each(['jkt', 'x5t#S256'])('does not look for a token’s %s outside its cnf', async (member) => {
    const scene = new Scene();
    const payload = { cnf: undefined, [member]: member === 'jkt' ? scene.client.jkt : x5t };
    const scheme = member === 'jkt' ? 'DPoP' : 'Bearer';
    expect(await scene.code({ scheme, certificate: mine, token: { payload } })).toBe('token_unbound');
  });
});

describe('whose token it is', () => {
  it('DPOP-6-02 DPOP-4.3-13 refuses the token of client 2 with the proof of client 1', async () => {
    const scene = new Scene();
    const thief = makeKey();
    const refusal = await scene.refusal({ proof: { key: thief } });
    expect(refusal).toMatchObject({ code: 'key_mismatch', status: 401, error: 'invalid_token' });
  });

  it('DPOP-6-02 refuses the thumbprint in another spelling', async () => {
    const scene = new Scene();
    for (const jkt of [`${scene.client.jkt}=`, scene.client.jkt.toLowerCase(), ` ${scene.client.jkt}`]) {
      const code = await scene.code({ token: { payload: { cnf: { jkt } } } });
      expect(['confirmation_unknown', 'key_mismatch']).toContain(code);
    }
  });

  it.each(['ES256', 'PS256', 'Ed25519', 'EdDSA'] as const)('DPOP-7.1-03 takes a proof of an %s key', async (alg) => {
    const scene = new Scene({}, { client: makeKey(alg) });
    await expect(scene.send()).resolves.toMatchObject({ confirmation: { jkt: scene.client.jkt } });
  });
});

describe('DPOP-4-02 a proof alone', () => {
  it('authorises nothing', async () => {
    const scene = new Scene();
    const proof = await scene.proof('', { payload: { ath: undefined } });
    const refusal = await scene.refusal({ method: 'GET', target: '/orders', headers: ['DPoP', proof] });
    expect(refusal).toMatchObject({ code: 'credentials_missing', status: 401 });
  });

  it('authorises nothing when it is sent as the token too', async () => {
    const scene = new Scene();
    const proof = await scene.proof('');
    expect(await scene.code({ token: proof, proof })).toBe('proof_ath');
  });
});

it('MTLS-3.2-02 MTLS-7.2-01 compares the whole of the hash', async () => {
  const scene = new Scene();
  const codeFor = (hash: string) =>
    scene.code({ scheme: 'Bearer', certificate: mine, token: { payload: { cnf: { 'x5t#S256': hash } } } });
  for (let at = 0; at < x5t.length; at += 1) {
    const changed = `${x5t.slice(0, at)}${x5t[at] === 'A' ? 'E' : 'A'}${x5t.slice(at + 1)}`;
    expect(await codeFor(changed)).toBe('certificate_mismatch');
  }
  for (const prefix of ['', x5t.slice(0, 22), x5t.slice(0, 42)]) {
    expect(await codeFor(prefix)).toBe('confirmation_unknown');
  }
});
