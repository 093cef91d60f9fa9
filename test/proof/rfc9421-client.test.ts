import {
  ath,
  type Code,
  checkEvidenceSignature,
  checkRequestSignature,
  checkResponseSignature,
  generateKey,
  HoldfastError,
  importPublicJwk,
  matchContent,
  matchResponseContent,
  type ProofKey,
  type RequestSigning,
  type RequestToSign,
  type SignedRequest,
  type SignedResponse,
  signRequest,
  signResponse,
  type VerificationKey,
  verifyEvidenceSignature,
  verifyRequestSignature,
  verifyResponseSignature,
} from '@holdfast/proof';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outcome, refusal } from './judge.ts';

/*
 * What a client makes and what it checks. That what it makes is what others read is shown by the vectors, and by the tests
 * of the verifier, which share no code with this.
 */

const NOW = 1_763_640_000;
const TOKEN = 'a.token.of-its-own';
const BODY = Buffer.from('{"side":"buy"}');
const key = await generateKey();
const serverKey = await generateKey();

const verificationKey = ({ alg, publicJwk, jkt }: ProofKey): VerificationKey => ({
  alg,
  key: importPublicJwk(publicJwk),
  keyids: [jkt],
});

const order: RequestToSign = {
  method: 'POST',
  targetUri: 'https://venue.example/orders?a=1',
  headers: ['Authorization', `DPoP ${TOKEN}`, 'DPoP', 'a.proof.x', 'Content-Type', 'application/json'],
  content: BODY,
};

async function sign(
  changes: Partial<RequestToSign> = {},
  signing: Partial<RequestSigning> = {},
): Promise<SignedRequest> {
  const request = { ...order, ...changes };
  const fields = await signRequest(request, { key, created: NOW, ...signing });
  return { ...request, headers: [...request.headers, ...Object.entries(fields).flat()] };
}

const field = ({ headers }: { readonly headers: readonly string[] }, name: string) =>
  headers[headers.indexOf(name) + 1];

describe('the signature of a request', () => {
  it('FAPISIG-5.3.1.1-01, FAPISIG-5.3.1.1-02, FAPISIG-5.3.1.1-03, FAPISIG-5.3.1.1-06, FAPISIG-5.3.1.1-07, FAPISIG-5.3.1.1-08, SIG-3.1-02 covers what FAPI wants', async () => {
    expect(field(await sign(), 'Signature-Input')).toMatch(
      /^sig=\("@method" "@target-uri" "authorization" "dpop" "content-digest" "content-type"\);/,
    );
  });

  it('covers what says how the body is read, and what keeps an order from being placed twice', async () => {
    const more = ['Content-Encoding', 'gzip', 'Idempotency-Key', 'a-key', 'Accept', '*/*'];
    const input = field(await sign({ headers: [...order.headers, ...more] }), 'Signature-Input');
    expect(input).toMatch(/"content-digest" "content-type" "content-encoding" "idempotency-key"\);/);
  });

  it('FAPISIG-5.3.1.1-04, FAPISIG-5.3.1.1-05, SIG-2.3-02 says when, by whom, what for and no algorithm', async () => {
    expect(field(await sign(), 'Signature-Input')).toMatch(
      new RegExp(`\\);created=${NOW};keyid="${key.jkt}";tag="fapi-2-request"$`),
    );
  });

  it('FAPISIG-5.3.1.1-07, FAPISIG-5.3.1.1-08 covers no proof and no body where there is none', async () => {
    const request = await sign({ headers: ['Authorization', `Bearer ${TOKEN}`], content: undefined, method: 'DELETE' });
    expect(field(request, 'Signature-Input')).toMatch(/^sig=\("@method" "@target-uri" "authorization"\);/);
    expect(request.headers).not.toContain('Content-Digest');
  });

  it('FAPISIG-5.3.1.1-08 covers the digest of an empty body', async () => {
    const request = await sign({ content: '' });
    expect(field(request, 'Content-Digest')).toBe('sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:');
  });

  it.each(['ES256', 'ES384', 'Ed25519', 'EdDSA', 'PS256'] as const)(
    'SIG-3.1-01 is by the algorithm of the key: %s',
    async (alg) => {
      const other = await generateKey(alg);
      const request = await sign({}, { key: other });
      const checked = checkRequestSignature(request, { now: NOW });
      const verified = verifyRequestSignature(checked, verificationKey(other));
      expect(() => matchContent(verified, BODY)).not.toThrow();
      expect(outcome(() => verifyRequestSignature(checked, { ...verificationKey(key), keyids: [other.jkt] }))).toBe(
        'signature_invalid',
      );
    },
  );

  it.each([
    ['without a token', { headers: ['DPoP', 'x'] }, 'authorization'],
    ['with a line break in a value', { headers: ['Authorization', 'DPoP a\r\nX: y'] }, 'characters'],
    ['with a value beyond ASCII', { headers: ['Authorization', 'DPoP caf\u00e9'] }, 'characters'],
    ['of a method that is none', { method: 'GET /' }, '@method'],
    ['of a URI that is none', { targetUri: '/orders' }, '@target-uri'],
    ['of a URI with a fragment', { targetUri: 'https://venue.example/#x' }, '@target-uri'],
    ['with a line break in its URI', { targetUri: 'https://venue.example/\n"@method": GET' }, 'characters'],
    ['that has a digest', { headers: [...order.headers, 'content-digest', 'x'] }, 'content-digest'],
    ['that is signed', { headers: [...order.headers, 'Signature', 'sig=:AA==:'] }, 'signature'],
  ])('FAPISIG-5.3.1.1-06, SIG-2-02 is not made %s', async (_, changes, detail) => {
    const made = await sign(changes).catch((thrown: unknown) => thrown);
    expect(made).toBeInstanceOf(HoldfastError);
    expect(made).toMatchObject({ code: 'message_unsignable', status: 0, detail });
    expect(String(made)).not.toContain(TOKEN);
  });

  it.each([[1.5], [-1], [Number.NaN], [Number.POSITIVE_INFINITY], [1e15]])(
    'SIG-2.3-02 is not made at the time %s',
    async (created) => {
      await expect(sign({}, { created })).rejects.toThrow(TypeError);
    },
  );

  it.each(['a"b', 'a\\b', 'a\nb', '', 'é'])('SIG-2-02 is not made by the name %j', async (keyid) => {
    await expect(sign({}, { keyid })).rejects.toThrow(TypeError);
    await expect(sign({}, { evidence: { ath: keyid } })).rejects.toThrow(TypeError);
  });

  it('SIG-2.5-01, FAPISIG-5.3.1.2-02 any octet that it covers, changed, refuses it', async () => {
    const request = await sign();
    const parts = [
      'method',
      'targetUri',
      'Authorization',
      'DPoP',
      'Content-Digest',
      'Signature-Input',
      'Signature',
    ] as const;
    const change = (text: string, at: number, to: number) =>
      text.slice(0, at % text.length) + String.fromCharCode(to) + text.slice((at % text.length) + 1);
    fc.assert(
      fc.property(fc.constantFrom(...parts), fc.nat(), fc.integer({ min: 0, max: 255 }), (part, at, to) => {
        const { method, targetUri } = request;
        const index = request.headers.indexOf(part) + 1;
        const altered: SignedRequest = {
          method: part === 'method' ? change(method, at, to) : method,
          targetUri: part === 'targetUri' ? change(targetUri, at, to) : targetUri,
          headers: request.headers.map((value, each) => (index > 0 && each === index ? change(value, at, to) : value)),
        };
        fc.pre(JSON.stringify(altered) !== JSON.stringify({ method, targetUri, headers: request.headers }));
        const judged = outcome(() =>
          verifyRequestSignature(checkRequestSignature(altered, { now: NOW }), verificationKey(key)),
        );
        // White space around a value is none of it, and in the two fields it may be anywhere between
        const isSpace = to === 9 || to === 32;
        if (!isSpace) expect(judged).toMatch(/^(?:signature|digest)_/);
      }),
      { numRuns: 1000 },
    );
  });

  it('SIG-2.3-01 whatever is signed is accepted as it was sent', async () => {
    const text = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
    });
    const methods = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,10}$/);
    const paths = fc.webUrl({ validSchemes: ['https'], withQueryParameters: true });
    await fc.assert(
      fc.asyncProperty(methods, paths, text, fc.uint8Array(), async (method, targetUri, token, content) => {
        const headers = ['authorization', ` DPoP ${token} `, 'X-Other', token];
        const request = await sign({ method, targetUri, headers, content });
        const verified = verifyRequestSignature(checkRequestSignature(request, { now: NOW }), verificationKey(key));
        matchContent(verified, content);
      }),
      { numRuns: 100 },
    );
  });
});

describe('evidence', () => {
  const hash = ath(TOKEN);

  it('is verified long after, without the token', async () => {
    const { headers, ...request } = await sign({}, { evidence: { ath: hash } });
    const without = headers.map((value, at) => (headers[at - 1] === 'Authorization' ? 'withheld' : value));
    const kept = { ...request, headers: without };
    const checked = checkEvidenceSignature(kept, { ath: hash, now: NOW });
    const verified = verifyEvidenceSignature(checked, verificationKey(key));
    expect(() => matchContent(verified, BODY)).not.toThrow();
    expect(verified.base).not.toContain(TOKEN);
    expect(outcome(() => verifyRequestSignature(checkRequestSignature(kept, { now: NOW }), verificationKey(key)))).toBe(
      'signature_invalid',
    );
  });

  it.each<[string, (request: SignedRequest) => SignedRequest, Code]>([
    ['method', (request) => ({ ...request, method: 'PUT' }), 'signature_invalid'],
    ['URI', (request) => ({ ...request, targetUri: 'https://venue.example/' }), 'signature_invalid'],
  ])('is refused for another %s', async (_, change, code) => {
    const request = change(await sign({}, { evidence: { ath: hash } }));
    const judge = () =>
      verifyEvidenceSignature(checkEvidenceSignature(request, { ath: hash, now: NOW }), verificationKey(key));
    expect(outcome(judge)).toBe(code);
  });

  it('is refused for another token', async () => {
    const request = await sign({}, { evidence: { ath: hash } });
    expect(outcome(() => checkEvidenceSignature(request, { ath: ath('x'), now: NOW }))).toBe('signature_params');
  });
});

describe('the signature of a response', () => {
  const CONTENT = Buffer.from('{"id":"1"}');

  async function answer(request: SignedRequest, content: Uint8Array | undefined = CONTENT): Promise<SignedResponse> {
    const fields = await signResponse({ status: 201, content }, request, { key: serverKey, created: NOW });
    return { status: 201, headers: Object.entries(fields).flat() };
  }

  const judge = (response: SignedResponse, request: SignedRequest, content: Uint8Array = CONTENT) => {
    const checked = checkResponseSignature(response, request, { now: NOW });
    matchResponseContent(verifyResponseSignature(checked, verificationKey(serverKey)), content);
  };

  it('FAPISIG-5.3.2.2-02 is accepted over the request that it answers', async () => {
    const request = await sign();
    const response = await answer(request);
    expect(() => judge(response, request)).not.toThrow();
  });

  it('FAPISIG-5.3.2.2-02 is missed where it is not', async () => {
    expect(refusal(() => judge({ status: 200, headers: [] }, order))).toMatchObject({
      code: 'response_unsigned',
      status: 0,
    });
  });

  it('FAPISIG-5.3.2.2-02 is refused under another key, name or status', async () => {
    const request = await sign();
    const response = await answer(request);
    const checked = checkResponseSignature(response, request, { now: NOW });
    const other = { ...verificationKey(key), keyids: [serverKey.jkt] };
    expect(refusal(() => verifyResponseSignature(checked, other))?.detail).toBe('signature_invalid');
    expect(refusal(() => verifyResponseSignature(checked, verificationKey(key)))?.detail).toBe(
      'signature_params, keyid',
    );
    expect(refusal(() => judge({ ...response, status: 200 }, request))).toMatchObject({
      code: 'response_signature',
      detail: 'signature_invalid',
      status: 0,
    });
  });

  it('FAPISIG-5.3.2.2-02, SIG-2.4-03 is refused over another request, though that was signed by the same client', async () => {
    const [request, other] = [await sign(), await sign({ content: '{"side":"sell"}' })];
    const response = await answer(request);
    expect(refusal(() => judge(response, other))?.detail).toBe('signature_invalid');
  });

  it.each([
    ['FAPISIG-5.3.2.2-03', '"@status" ', 'signature_coverage, @status'],
    ['FAPISIG-5.3.2.2-02', '"@method";req ', 'signature_coverage, @method;req'],
    ['FAPISIG-5.3.2.2-02', '"@target-uri";req ', 'signature_coverage, @target-uri;req'],
    ['FAPISIG-5.3.2.2-02', '"content-digest";req ', 'signature_coverage, content-digest;req'],
    ['FAPISIG-5.3.2.2-02', '"signature";req ', 'signature_coverage, signature;req'],
    ['FAPISIG-5.3.2.2-02', ' "signature-input";req', 'signature_coverage, signature-input;req'],
    ['FAPISIG-5.3.2.2-03', `;created=${NOW}`, 'signature_params, created'],
    ['FAPISIG-5.3.2.2-05', ';tag="fapi-2-response"', 'signature_params, tag'],
  ])('%s is refused without %s', async (_, part, detail) => {
    const request = await sign();
    const { headers, status } = await answer(request);
    const without = { status, headers: headers.map((value) => value.replace(part, '')) };
    expect(without.headers).not.toEqual(headers);
    expect(refusal(() => judge(without, request))).toMatchObject({ code: 'response_signature', detail });
  });

  it('FAPISIG-5.3.2.2-04 is of its body, which has to be covered and equal', async () => {
    const request = await sign();
    const response = await answer(request);
    expect(refusal(() => judge(response, request, Buffer.from('{"id":"2"}')))?.detail).toBe('digest_mismatch');
    const empty = await signResponse({ status: 201 }, request, { key: serverKey, created: NOW });
    const unsigned = { status: 201, headers: Object.entries(empty).flat() };
    expect(() => judge(unsigned, request, new Uint8Array())).not.toThrow();
    expect(refusal(() => judge(unsigned, request))?.detail).toBe('digest_missing');
  });

  it('FAPISIG-5.3.2.2-03 is of now', async () => {
    const request = await sign();
    const response = await answer(request);
    const at = (now: number) => refusal(() => checkResponseSignature(response, request, { now }));
    expect(at(NOW + 61)).toMatchObject({ code: 'response_signature', skew: -61 });
    expect(at(NOW - 11)).toMatchObject({ code: 'response_signature', skew: 11 });
  });

  it('FAPISIG-5.3.2.2-02 may answer a request that is not signed', async () => {
    const { content: _, ...request } = order;
    const response = await answer(request);
    expect(() => judge(response, request)).not.toThrow();
  });

  it('covers what can be covered of a request that is no good, and nothing of one without a URI', async () => {
    const broken = { ...order, headers: ['Authorization', 'caf\u00e9', 'Signature', 'x', 'Signature-Input', 'y"('] };
    const response = await answer(broken);
    expect(field(response, 'Signature-Input')).toMatch(
      /^sig=\("@status" "content-digest" "@method";req "@target-uri";req "signature";req "signature-input";req\);/,
    );
    await expect(answer({ ...order, targetUri: '*' })).rejects.toMatchObject({ code: 'message_unsignable' });
  });
});
