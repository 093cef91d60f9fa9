import { checkEvidenceSignature, type HttpMessage, readCertificateKey } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../verifier/forge.ts';
import { type Attempt, ORIGIN, Scene } from '../verifier/scene.ts';
import { memberOf, type Signer, signed, wantedOf } from '../verifier/sign-by-hand.ts';
import { serveVenue } from '../verifier/venue-server.ts';

const scene = new Scene();
const signer: Signer = { privateKey: scene.client.privateKey, keyid: scene.client.jkt };
const NEEDS = { signature: 'evidence' } as const;

/** A signed request whose evidence also covers these. */
async function order(more: readonly string[] = [], attempt: Attempt = {}): Promise<HttpMessage & { token: string }> {
  const token = scene.token();
  const bare = await scene.message({ ...attempt, token, method: 'POST' });
  const message = signed(bare, signer, { created: scene.now, body: 'body' });
  const parameters = `;created=${scene.now};keyid="${scene.client.jkt}";tag="holdfast-evidence";ath="${sha256(token)}"`;
  const covered = wantedOf(message).filter((name) => name !== '"authorization"');
  const evidence = memberOf(message, signer, { created: scene.now, label: 'evidence', parameters, covered, more });
  const joined: Readonly<Record<string, string>> = {
    'Signature-Input': evidence.input,
    Signature: evidence.signature,
  };
  const headers = message.headers.map((value, at) => {
    const another = joined[message.headers[at - 1] ?? ''];
    return another === undefined ? value : `${value}, ${another}`;
  });
  return { ...message, headers, token };
}

describe('what a verifier keeps of a request as evidence', () => {
  it('is what the signature covers, with which it can be checked again', async () => {
    const fields = ['Content-Type', 'text/plain', 'Cookie', 'secret'];
    const { token, ...message } = await order(['"content-type"'], { fields });
    const { evidence } = await scene.verifier.verify(message, NEEDS);
    const { request = { method: '', targetUri: '', headers: [] }, ath = '', base } = evidence ?? {};
    const names = request.headers.filter((_, at) => at % 2 === 0);
    expect(names).toEqual(['DPoP', 'Content-Type', 'Content-Digest', 'Signature-Input', 'Signature']);
    expect([request.method, request.targetUri, ath]).toEqual(['POST', `${ORIGIN}/orders`, sha256(token)]);
    expect(checkEvidenceSignature(request, { ath, now: scene.now }).base).toBe(base);
    expect(JSON.stringify(evidence)).not.toContain(token.slice(-20));
  });

  it.each(['"authorization"', '"authorization";bs'])(
    'is nothing where it covers the token, as %s',
    async (component) => {
      expect(await scene.code(await order([component]), NEEDS)).toBe('signature_coverage');
    },
  );

  it('has the body as it was sent beside it, behind Fastify', async () => {
    const bodies: unknown[] = [];
    await using server = await serveVenue(scene.verifier, {
      routes: (app) => {
        app.addContentTypeParser('text/plain', (_request, _payload, done) => done(null, 'parsed'));
        const see = async ({ content }: { content: Buffer | undefined }) => void bodies.push(content?.toString());
        app.post('/signed-orders', { config: { scope: [], ...NEEDS } }, see);
        app.post('/unsigned-orders', { config: { scope: [] } }, see);
      },
    });
    for (const target of ['/signed-orders', '/unsigned-orders']) {
      const { headers } = await order([], { target, fields: ['Content-Type', 'text/plain'] });
      const pairs = headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1] ?? ''] as const] : []));
      const init = { method: 'POST', headers: pairs.map(([name, value]): [string, string] => [name, value]) };
      const { status } = await fetch(`http://127.0.0.1:${server.port}${target}`, { ...init, body: 'body' });
      expect(status).toBe(200);
    }
    expect(bodies).toEqual(['body', undefined]);
  });
});

describe('the key of a certificate', () => {
  it('is none where there is no certificate', () => {
    expect(() => readCertificateKey(Buffer.from('no certificate'), new Set(['ES256']))).toThrow(/certificate/);
  });
});
