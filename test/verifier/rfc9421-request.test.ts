import type { HttpMessage } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import { breakSignature, makeKey } from './forge.ts';
import { ORIGIN, Scene } from './scene.ts';
import { memberOf, type Signer, type Signing, signed, wantedOf, withFields } from './sign-by-hand.ts';

const BODY = '{"side":"buy","quantity":100}';
const NEEDS = { scope: ['orders:write'], signature: 'required' } as const;
const LENGTH = ['Content-Length', String(BODY.length)];

const scene = new Scene();
const signerOf = ({ client }: Scene): Signer => ({ privateKey: client.privateKey, keyid: client.jkt });

interface Changes extends Partial<Signing> {
  readonly target?: string;
  readonly fields?: readonly string[];
  readonly signer?: Partial<Signer>;
  /** What is done to the message after it was signed. */
  readonly spoil?: (message: HttpMessage) => HttpMessage;
}

/** A good order, signed, but for the changes. */
async function order({ target = '/orders', fields = LENGTH, signer, spoil, ...signing }: Changes = {}) {
  const message = await scene.message({ method: 'POST', target, fields });
  const whole = signed(message, { ...signerOf(scene), ...signer }, { created: scene.now, body: BODY, ...signing });
  return spoil?.(whole) ?? whole;
}

/** 'accepted', or the reason code of the refusal. */
async function verdict(changes: Changes = {}, requirement = NEEDS): Promise<string> {
  const message = await order(changes);
  const [outcome] = await Promise.allSettled([scene.verifier.verify(message, requirement)]);
  return outcome.status === 'fulfilled' ? 'accepted' : outcome.reason.code;
}

const parameters = (more: string) => ({ parameters: `;created=${scene.now};tag="fapi-2-request"${more}` });

/** The fields of a message with one of them changed; null takes it out. */
const changed = (name: string, change: (value: string) => string | null) => (message: HttpMessage) => {
  const { headers } = message;
  const pairs = Array.from({ length: headers.length / 2 }, (_, at) => headers.slice(2 * at, 2 * at + 2));
  const fields = pairs.flatMap(([field = '', value = '']) => {
    const after = field.toLowerCase() === name ? change(value) : value;
    return after === null ? [] : [field, after];
  });
  return { ...message, headers: fields };
};

describe('a signed order', () => {
  it('FAPISIG-5.3.1.2-02 is accepted', async () => {
    expect(await verdict()).toBe('accepted');
  });

  it('FAPISIG-5.3.1.2-02 is accepted without a body', async () => {
    const bare = signed(await scene.message({ method: 'DELETE', target: '/orders' }), signerOf(scene), {
      created: scene.now,
    });
    const access = await scene.verifier.verify(bare, NEEDS);
    expect(() => scene.verifier.checkContent(access, new Uint8Array())).not.toThrow();
  });

  it('is verified under the same key as its proof, in every algorithm that proofs are in', async () => {
    for (const alg of ['Ed25519', 'EdDSA', 'PS256'] as const) {
      const other = new Scene({}, { client: makeKey(alg) });
      const { sign, constants } = await import('node:crypto');
      const options = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
      const signer: Signer = {
        ...signerOf(other),
        sign: (base, key) => (alg === 'PS256' ? sign('sha256', base, { key, ...options }) : sign(null, base, key)),
      };
      const message = await other.message({ method: 'POST', fields: LENGTH });
      const whole = signed(message, signer, { created: other.now, body: BODY });
      expect((await other.verifier.verify(whole, NEEDS)).clientId).toBe('client-1');
    }
  });

  it('FAPISIG-5.3.1.2-03 without a signature is refused, with 401 and what is wanted', async () => {
    const message = await scene.message({ method: 'POST', fields: LENGTH });
    const { code, status, error, headers } = await scene.refusal(message, NEEDS);
    expect([code, status, error]).toEqual(['signature_missing', 401, 'invalid_signature']);
    expect(headers['Accept-Signature']).toBe(
      'sig=("@method" "@target-uri" "authorization" "dpop" "content-digest");created;keyid;tag="fapi-2-request"',
    );
    expect(headers['WWW-Authenticate']).toMatch(/^DPoP error="invalid_signature"/);
  });

  it('FAPISIG-5.3.1.2-03 is refused with 401 by a false signature', async () => {
    const { code, status } = await scene.refusal(await order({ values: { '"@method"': 'PUT' } }), NEEDS);
    expect([code, status]).toEqual(['signature_invalid', 401]);
  });

  it('needs none where none is needed, and a bad one is not looked at there', async () => {
    const message = await order({ values: { '"@method"': 'PUT' } });
    expect((await scene.verifier.verify(message, { scope: [] })).clientId).toBe('client-1');
  });

  it.each([['always'], [true], [''], [null], [undefined]])(
    'a requirement %j is refused, not ignored',
    async (signature) => {
      expect(await verdict({}, { scope: [], signature } as never)).toBe('internal');
    },
  );

  it('uses up its proof by the last check, so that a false signature does not', async () => {
    const message = await scene.message({ method: 'POST', fields: LENGTH });
    const signing = { created: scene.now, body: BODY };
    expect(
      await scene.code(signed(message, signerOf(scene), { ...signing, values: { '"@method"': 'PUT' } }), NEEDS),
    ).toBe('signature_invalid');
    const good = signed(message, signerOf(scene), signing);
    expect((await scene.verifier.verify(good, NEEDS)).clientId).toBe('client-1');
    expect(await scene.code(good, NEEDS)).toBe('proof_replayed');
  });
});

describe('a stranger', () => {
  const unread = { 'Signature-Input': 'sig=('.padEnd(2000, '"@method" '), Signature: 'sig=:' };
  const broken = async () => {
    const message = await scene.message({ method: 'POST', fields: LENGTH });
    return changed('dpop', breakSignature)(message);
  };

  it.each([
    ['a token of its own', () => scene.message({ token: { key: makeKey('ES256', 'issuer-1') } }), 'token_signature'],
    ['a stolen token', () => scene.message({ proof: { key: makeKey() } }), 'key_mismatch'],
    ['a stolen token and a false proof', broken, 'proof_signature'],
    ['nothing to hide', () => scene.message(), 'signature_malformed'],
  ])('with %s: only who holds the key has its signatures read, which can take long', async (_, message, code) => {
    expect(await scene.code(withFields(await message(), unread), NEEDS)).toBe(code);
  });
});

describe('the key', () => {
  it('FAPISIG-5.3.1.2-01, SIG-3.2-03 is the one that the token is bound to and no other', async () => {
    const other = makeKey();
    expect(await verdict({ signer: { privateKey: other.privateKey } })).toBe('signature_invalid');
    expect(await verdict({ signer: { privateKey: other.privateKey, keyid: other.jkt } })).toBe('signature_params');
    expect(await verdict({ signer: { keyid: other.jkt } })).toBe('signature_params');
    expect(await verdict({ ...parameters(''), signer: { privateKey: other.privateKey } })).toBe('signature_invalid');
  });

  it('FAPISIG-5.3.1.2-01 need not be named', async () => {
    expect(await verdict(parameters(''))).toBe('accepted');
  });
});

describe('the tag', () => {
  it.each([
    ['none', ''],
    ['another', ';tag="fapi-2-response"'],
    ['one in another letter case', ';tag="FAPI-2-request"'],
    ['a token instead of a string', ';tag=fapi-2-request'],
  ])('FAPISIG-5.3.1.2-04 %s is refused', async (_, tag) => {
    expect(await verdict({ parameters: `;created=${scene.now}${tag}` })).toBe('signature_params');
  });

  it('FAPISIG-5.3.1.2-04 finds the signature among others, whatever their labels', async () => {
    const message = await order({ label: 'mine' });
    const other = memberOf(message, signerOf(scene), {
      created: scene.now,
      label: 'sig',
      covered: ['"@nonsense";of="a proxy"'],
      parameters: ';tag="proxy"',
    });
    const both = changed('signature-input', (value) => `${other.input}, ${value}`)(message);
    const whole = changed('signature', (value) => `${other.signature}, ${value}`)(both);
    expect((await scene.verifier.verify(whole, NEEDS)).clientId).toBe('client-1');
  });

  it('FAPISIG-5.3.1.2-04 on two signatures is refused: nobody says which one counts', async () => {
    const message = await order();
    const second = memberOf(message, signerOf(scene), { created: scene.now, label: 'sig2' });
    const both = changed('signature-input', (value) => `${value}, ${second.input}`)(message);
    const whole = changed('signature', (value) => `${value}, ${second.signature}`)(both);
    expect(await scene.code(whole, NEEDS)).toBe('signature_params');
  });
});

describe('what is covered', () => {
  it.each(['"@method"', '"@target-uri"', '"authorization"'])('FAPISIG-5.3.1.2-05 %s has to be', async (name) => {
    const message = await order();
    expect(await verdict({ covered: wantedOf(message).filter((each) => each !== name) })).toBe('signature_coverage');
  });

  it('FAPISIG-5.3.1.2-07 dpop has to be, where it was sent', async () => {
    const message = await order();
    expect(await verdict({ covered: wantedOf(message).filter((each) => each !== '"dpop"') })).toBe(
      'signature_coverage',
    );
  });

  it.each([
    ['Content-Length', '29'],
    ['Content-Length', '+0'],
    ['Transfer-Encoding', 'chunked'],
  ])('FAPISIG-5.3.1.2-08 content-digest has to be, where %s says that a body follows', async (name, value) => {
    expect(await verdict({ fields: [name, value], digest: undefined })).toBe('signature_coverage');
    const covered = ['"@method"', '"@target-uri"', '"authorization"', '"dpop"'];
    expect(await verdict({ fields: [name, value], covered })).toBe('signature_coverage');
  });

  it('SIG-3.2.1-01 idempotency-key has to be, where one came: a hop could have added that of another order', async () => {
    const key = ['Idempotency-Key', 'monday-1'];
    expect(await verdict({ fields: [...LENGTH, ...key], more: ['"idempotency-key"'] })).toBe('accepted');
    const added = (message: HttpMessage) => ({ ...message, headers: [...message.headers, ...key] });
    const { code, headers } = await scene.refusal(await order({ spoil: added }), NEEDS);
    expect(code).toBe('signature_coverage');
    expect(headers['Accept-Signature']).toContain('"content-digest" "idempotency-key");');
  });

  it('FAPISIG-5.3.1.2-08 content-digest has to be, where a body came that the head did not tell', async () => {
    const access = await scene.verifier.verify(await order({ fields: [], digest: undefined }), NEEDS);
    expect(() => scene.verifier.checkContent(access, Buffer.from(BODY))).toThrow(
      expect.objectContaining({ code: 'digest_missing', status: 401 }),
    );
  });

  it.each([
    ['"@method";req', '"@method"'],
    ['"authorization";bs', '"authorization"'],
    ['"dpop";sf', '"dpop"'],
    ['"content-digest";key="sha-256"', '"content-digest"'],
  ])('SIG-3.2.1-01 %s is not %s', async (instead, name) => {
    const message = await order();
    const covered = wantedOf(message).map((each) => (each === name ? instead : each));
    expect(await verdict({ covered })).toBe('signature_coverage');
  });

  it('SIG-3.2-02, SIG-3.2.1-01 is judged before any signature is verified', async () => {
    const covered = ['"@method"', '"@target-uri"'];
    expect(await verdict({ covered, signer: { privateKey: makeKey().privateKey } })).toBe('signature_coverage');
  });

  it.each([
    ['method', { method: 'PUT' }],
    ['query', { target: '/orders?venue=other' }],
  ])('FAPISIG-5.3.1.2-02 a request with another %s is refused', async (_, change) => {
    // Without mutual TLS the proof would say so first, so that it is made for what arrives
    const message = { ...(await scene.message({ method: 'POST', fields: LENGTH, ...change })) };
    const sent = { ...message, method: 'POST', target: '/orders' };
    const signature = memberOf(sent, signerOf(scene), { created: scene.now, covered: wantedOf(message) });
    const digest = withFields(message, { 'Signature-Input': signature.input, Signature: signature.signature });
    expect(await scene.code(changed('content-length', () => null)(digest), NEEDS)).toBe('signature_invalid');
  });

  it('FAPISIG-5.3.1.2-02 a request with another digest, token or proof is refused', async () => {
    const digest = changed('content-digest', () => `sha-256=:${'A'.repeat(43)}=:`);
    expect(await verdict({ spoil: digest })).toBe('signature_invalid');
    const token = scene.token({ payload: { scope: 'orders:write orders:read positions:read' } });
    const proof = await scene.proof(token, { payload: { htm: 'POST' } });
    const spoil = (message: HttpMessage) =>
      changed('authorization', () => `DPoP ${token}`)(changed('dpop', () => proof)(message));
    expect(await verdict({ spoil })).toBe('signature_invalid');
    const own = await order();
    const [, other] = (await scene.message({ method: 'POST' })).headers.slice(2, 4);
    const bearer = own.headers[1]?.slice('DPoP '.length) ?? '';
    const fresh = await scene.proof(bearer, { payload: { htm: 'POST' } });
    expect(other).not.toBe(fresh);
    expect(await scene.code(changed('dpop', () => fresh)(own), NEEDS)).toBe('signature_invalid');
  });
});

describe('when it was made', () => {
  it.each([
    [-60, 'accepted'],
    [-61, 'signature_time'],
    [10, 'accepted'],
    [11, 'signature_time'],
  ])('FAPISIG-5.3.1.2-06 %i s from now: %s', async (offset, expected) => {
    expect(await verdict({ created: scene.now + offset })).toBe(expected);
  });

  it('FAPISIG-5.3.1.2-06 is measured, so that a client can set its clock', async () => {
    const { skew, headers, message } = await scene.refusal(await order({ created: scene.now - 3600 }), NEEDS);
    expect(skew).toBe(-3600);
    expect(headers['Date']).toBe(new Date(scene.clock.now).toUTCString());
    expect(message).toContain('skew -3600 s');
  });

  it.each(['', ';created', ';created="1763640000"', ';created=1763640000.5'])(
    'FAPISIG-5.3.1.2-06 is needed, as an integer: %s',
    async (created) => {
      expect(await verdict({ parameters: `${created};tag="fapi-2-request"` })).toBe('signature_params');
    },
  );

  it('SIG-7.2.2-01 has an end where expires says so', async () => {
    expect(await verdict(parameters(`;expires=${scene.now + 1}`))).toBe('accepted');
    expect(await verdict(parameters(`;expires=${scene.now}`))).toBe('signature_time');
    expect(await verdict(parameters(';expires="never"'))).toBe('signature_params');
  });

  it('SIG-7.2.2-01 a nonce of its own is no obstacle: the proof has ours', async () => {
    expect(await verdict(parameters(';nonce="n-0S6_WzA2Mj"'))).toBe('accepted');
  });
});

describe('the target URI', () => {
  it('is the public origin and the target as it was sent, query and all', async () => {
    expect(await verdict({ target: '/orders?a=%7e&b=' })).toBe('accepted');
    expect(await verdict({ target: '/orders?a=%7e&b=', values: { '"@target-uri"': `${ORIGIN}/orders?a=~&b=` } })).toBe(
      'signature_invalid',
    );
  });

  it('is the same in absolute form', async () => {
    const absolute = (message: HttpMessage) => ({ ...message, target: ORIGIN + message.target });
    expect(await verdict({ target: '/orders?a=1', spoil: absolute })).toBe('accepted');
  });

  it('SIG-2.2.3-01 begins with the origin in its normal form, as URL parsers write it', async () => {
    const loud = new Scene({ origin: 'HTTPS://Venue.Example:443' }, { client: scene.client });
    const message = await loud.message({ method: 'POST', fields: LENGTH });
    const whole = signed(message, signerOf(loud), { created: loud.now, body: BODY });
    expect((await loud.verifier.verify(whole, NEEDS)).clientId).toBe('client-1');
  });
});
