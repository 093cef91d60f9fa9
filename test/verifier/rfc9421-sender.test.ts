import { createPrivateKey, createPublicKey, verify } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Credential } from '@holdfast/certs-scripts';
import { generateKey } from '@holdfast/proof';
import { DECISIONS, type Decision } from '@holdfast/verifier';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeCertificates } from './certificates.ts';
import { craft } from './crafted-certificates.ts';
import { makeKey, sha256 } from './forge.ts';
import { boundTo, Scene } from './scene.ts';
import { memberOf, P1363, PSS, type Signer, type Signing, signed, wantedOf, withFields } from './sign-by-hand.ts';
import { dial, serveSockets } from './socket-server.ts';

const NEEDS = { signature: 'required' } as const;
const EVIDENCE = { signature: 'evidence' } as const;

interface Client {
  readonly der: Uint8Array;
  readonly signer: Signer;
}

function clientOf({ der, key }: Credential, sign: NonNullable<Signer['sign']> = P1363): Client {
  return { der, signer: { privateKey: createPrivateKey(key), keyid: sha256(der), sign } };
}

describe('the key of a certificate', () => {
  const scene = new Scene();
  let mine: Client;
  let other: Client;
  let rsa: Client;

  beforeAll(async () => {
    const issued = await makeCertificates();
    [mine, other] = [clientOf(issued.mine), clientOf(issued.other)];
    rsa = clientOf(await craft({ rsa: 2048 }), PSS('sha256', 32));
  });

  async function code(certificate: Uint8Array, signer: Signer, signing: Partial<Signing> = {}): Promise<string> {
    const message = await scene.message({ scheme: 'Bearer', certificate, token: boundTo(certificate) });
    const whole = signed(message, signer, { created: scene.now, ...signing });
    const [outcome] = await Promise.allSettled([scene.verifier.verify(whole, NEEDS)]);
    return outcome.status === 'fulfilled' ? 'accepted' : outcome.reason.code;
  }

  it('FAPISIG-5.3.1.2-01, FAPISIG-5.3.1.2-07 verifies the signature of a certificate-bound request, without DPoP', async () => {
    expect(await code(mine.der, mine.signer)).toBe('accepted');
    expect(await code(mine.der, mine.signer)).toBe('accepted'); // the key is known now
    expect(await code(rsa.der, rsa.signer)).toBe('accepted');
  });

  it('FAPISIG-5.3.1.2-01, SIG-3.2-03 is that of the certificate which the token is bound to', async () => {
    const stranger = { ...other.signer, keyid: mine.signer.keyid };
    for (const _ of [1, 2]) expect(await code(mine.der, stranger)).toBe('signature_invalid');
    expect(await code(mine.der, other.signer)).toBe('signature_params');
    const thumbprint = { ...mine.signer, keyid: scene.client.jkt };
    expect(await code(mine.der, thumbprint)).toBe('signature_params');
  });

  it('SIG-3.3.1-01 of RSA also signs by rsa-pss-sha512, when the signature says so', async () => {
    const parameters = `;created=${scene.now};alg="rsa-pss-sha512";tag="fapi-2-request"`;
    const by = (sign: Signer['sign']) => ({ ...rsa.signer, ...(sign === undefined ? {} : { sign }) });
    expect(await code(rsa.der, by(PSS('sha512', 64)), { parameters })).toBe('accepted');
    expect(await code(rsa.der, by(PSS('sha512', 32)), { parameters })).toBe('signature_invalid');
    expect(await code(rsa.der, by(PSS('sha256', 32)), { parameters })).toBe('signature_invalid');
    expect(await code(rsa.der, by(PSS('sha512', 64)))).toBe('signature_invalid');
    expect(await code(mine.der, mine.signer, { parameters })).toBe('signature_params');
  });

  it('SIG-3.1-01 is refused where it is too short, or of an algorithm that is not accepted here', async () => {
    const short = clientOf(await craft({ rsa: 1024 }), PSS('sha256', 32));
    expect(await code(short.der, short.signer)).toBe('signature_params');
    const strict = new Scene({ algorithms: ['PS256'] }, { issuer: makeKey('PS256', 'issuer-1') });
    const message = await strict.message({ scheme: 'Bearer', certificate: mine.der, token: boundTo(mine.der) });
    expect(await strict.code(signed(message, mine.signer, { created: strict.now }), NEEDS)).toBe('signature_params');
  });

  it('is not what a sender of a proof signs with, though it presents it', async () => {
    const message = await scene.message({ certificate: mine.der });
    expect(
      await scene.code(
        signed(message, mine.signer, { created: scene.now, parameters: `;created=${scene.now};tag="fapi-2-request"` }),
        NEEDS,
      ),
    ).toBe('signature_invalid');
  });
});

describe('evidence', () => {
  const scene = new Scene();
  const signer: Signer = { privateKey: scene.client.privateKey, keyid: scene.client.jkt };

  async function order(change: Partial<Signing> = {}, ath?: string) {
    const token = scene.token();
    const bare = await scene.message({ token, method: 'POST' });
    const message = signed(bare, signer, { created: scene.now, body: 'body' });
    const parameters = `;created=${scene.now};keyid="${scene.client.jkt}";tag="holdfast-evidence";ath="${ath ?? sha256(token)}"`;
    const covered = wantedOf(message).filter((name) => name !== '"authorization"');
    const second = memberOf(message, signer, { created: scene.now, label: 'evidence', parameters, covered, ...change });
    return { token, message: both(message, second) };
  }

  function both(message: Awaited<ReturnType<typeof scene.message>>, second: { input: string; signature: string }) {
    const headers = message.headers.map((value, at) => {
      const name = message.headers[at - 1];
      if (name === 'Signature-Input') return `${value}, ${second.input}`;
      return name === 'Signature' ? `${value}, ${second.signature}` : value;
    });
    return { ...message, headers };
  }

  it('is verified beside the signature, and can be verified again by who has nothing but it', async () => {
    const { token, message } = await order();
    const { evidence } = await scene.verifier.verify(message, EVIDENCE);
    const { base = '', signature = '', alg, jwk } = evidence ?? {};
    const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
    const octets = Buffer.from(signature, 'base64url');
    expect(verify('sha256', Buffer.from(base), { key, dsaEncoding: 'ieee-p1363' }, octets)).toBe(true);
    expect(alg).toBe('ES256');
    expect(base).toContain('"@method": POST\n"@target-uri": https://venue.example/orders\n');
    expect(base).toContain(`;ath="${sha256(token)}"`);
    expect(JSON.stringify(evidence)).not.toContain(token);
  });

  it('is needed where the route needs it, and left alone elsewhere', async () => {
    const bare = signed(await scene.message(), signer, { created: scene.now });
    expect(await scene.code(bare, EVIDENCE)).toBe('signature_params');
    const { message } = await order({ values: { '"@method"': 'PUT' } });
    expect((await scene.verifier.verify(message, NEEDS)).evidence).toBeUndefined();
  });

  it.each([
    ['a false one', { values: { '"@method"': 'PUT' } }, 'signature_invalid'],
    ['one that leaves out the URI', { covered: ['"@method"', '"dpop"', '"content-digest"'] }, 'signature_coverage'],
    ['one that leaves out the body', { covered: ['"@method"', '"@target-uri"', '"dpop"'] }, 'signature_coverage'],
    [
      'one that leaves out the proof',
      { covered: ['"@method"', '"@target-uri"', '"content-digest"'] },
      'signature_coverage',
    ],
    ['one without ath', { parameters: `;created=${scene.now};tag="holdfast-evidence"` }, 'signature_params'],
    ['an old one', { parameters: `;created=${scene.now - 61};tag="holdfast-evidence"` }, 'signature_time'],
  ])('%s is refused', async (_, change, code) => {
    const { message } = await order(change);
    expect(await scene.code(message, EVIDENCE)).toBe(code);
  });

  it('is for the token that came with the request', async () => {
    const { message } = await order({}, sha256(scene.token()));
    expect(await scene.code(message, EVIDENCE)).toBe('signature_params');
  });

  it('is not the signature of the request under another name', async () => {
    const message = await scene.message();
    const covered = wantedOf(message).filter((name) => name !== '"authorization"');
    const parameters = `;created=${scene.now};tag="holdfast-evidence";ath="x"`;
    const { input, signature } = memberOf(message, signer, { created: scene.now, covered, parameters });
    expect(await scene.code(withFields(message, { 'Signature-Input': input, Signature: signature }), NEEDS)).toBe(
      'signature_params',
    );
  });
});

describe('what is told of a signed request', () => {
  const scene = new Scene();
  const signer: Signer = { privateKey: scene.client.privateKey, keyid: scene.client.jkt };

  it('is a step of its own on the diagnostics channel, and a refusal of its body', async () => {
    const told: Decision[] = [];
    const listen = (decision: unknown) => told.push(decision as Decision);
    subscribe(DECISIONS, listen);
    try {
      const whole = signed(await scene.message({ method: 'POST' }), signer, { created: scene.now, body: 'a' });
      const access = await scene.verifier.verify(whole, NEEDS);
      expect(() => scene.verifier.checkContent(access, Buffer.from('b'))).toThrow();
    } finally {
      unsubscribe(DECISIONS, listen);
    }
    const own = told.filter(({ code }) => code !== 'credentials_missing');
    expect(own.map(({ outcome, code }) => [outcome, code])).toEqual([
      ['granted', undefined],
      ['refused', 'digest_mismatch'],
    ]);
    expect(Object.keys(own[0]?.steps ?? {})).toEqual(['proof', 'token', 'signature', 'message', 'replay']);
  });

  it('explain finds what is wrong with its signature', async () => {
    const findings = async (change: Partial<Signing>) => {
      const whole = signed(await scene.message(), signer, { created: scene.now, ...change });
      const all = await scene.verifier.explain(whole, NEEDS);
      return all
        .filter(({ verdict }) => verdict !== 'passed')
        .map(({ check, code, verdict }) => [check, code ?? verdict]);
    };
    expect(await findings({})).toEqual([]);
    expect(await findings({ values: { '"@method"': 'PUT' } })).toEqual([
      ['the signatures are by the sender', 'signature_invalid'],
    ]);
    expect(await findings({ created: scene.now - 99 })).toEqual([
      ['recent signatures that cover what they have to', 'signature_time'],
      ['the signatures are by the sender', 'unchecked'],
    ]);
  });

  it('no refusal holds a token, a signature or what is signed', async () => {
    const token = scene.token();
    const whole = signed(await scene.message({ token }), signer, {
      created: scene.now,
      values: { '"@method"': 'PUT' },
    });
    const { message, headers, detail } = await scene.refusal(whole, NEEDS);
    const said = JSON.stringify([message, headers, detail]);
    expect(said).not.toContain(token.slice(-20));
    expect(said).not.toContain(whole.headers.at(-1)?.slice(10, 30));
  });
});

describe('a WebSocket', () => {
  it('FAPISIG-5.3.1.2-03 opens by a signed handshake, which has no body, and by no other', async () => {
    const key = await generateKey();
    const scene = new Scene({ metadata: {}, responseSigning: { key } });
    const signer: Signer = { privateKey: scene.client.privateKey, keyid: scene.client.jkt };
    const tls = await makeCertificates();
    await using server = await serveSockets(scene.verifier, tls, { requirement: NEEDS });
    const shake = async (change: Partial<Signing> | undefined) => {
      const bare = await scene.message({ target: '/stream' });
      const { headers } = change === undefined ? bare : signed(bare, signer, { created: scene.now, ...change });
      const pairs = headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1] ?? '']] : []));
      const { status, text, headers: answered } = await dial(server.port, tls, Object.fromEntries(pairs));
      return [status, status === 101 ? text : JSON.parse(text).code, 'signature-input' in answered];
    };
    expect(await shake({})).toEqual([101, 'client-1', false]);
    expect(await shake(undefined)).toEqual([401, 'signature_missing', false]);
    expect(await shake({ values: { '"@method"': 'PUT' } })).toEqual([401, 'signature_invalid', true]);
    expect(await shake({ body: 'a body' })).toEqual([401, 'digest_mismatch', true]);
  });
});
