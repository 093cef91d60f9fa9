import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ath, generateKey, type ProofKey, signRequest } from '@holdfast/proof';
import { createSigner } from '@holdfast/signer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { another, changed, hashedText, leavesOf, type Path, rechained } from './rechained.ts';
import { judge, type Line, linesOf, ORDER, record } from './recording.ts';

/*
 * A file of evidence that was changed by somebody who can compute a chain anew, as the venue itself can: all hashes and numbers
 * are right. What is left are the signatures of those who asked.
 */

const DPOP = 1; // numbers of entries
const MTLS = 2;
const CANCEL = 3;
const PROOF = ['order', 'asked', 'headers', 1];

let folder: string;
let lines: Line[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-forged-'));
  await using venue = await record(join(folder, 'state'));
  await venue.dpop.send('POST', '/orders', ORDER);
  await venue.mtls.send('POST', '/orders', ORDER);
  await venue.dpop.send('DELETE', '/orders/ord-1');
  await venue.mtls.send('POST', '/orders', { ...ORDER, quantity: 700 });
  lines = linesOf(await readFile(venue.path, 'utf8'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What is found once these are the lines. */
async function found(forged: readonly Line[], head?: string): Promise<unknown[]> {
  const file = join(folder, 'forged.jsonl');
  await writeFile(file, rechained(forged));
  const { findings } = await judge(file, head);
  return findings.map(({ sequence, problem, code }) => [problem, sequence, ...(code === undefined ? [] : [code])]);
}

const withChange = (entry: number, path: Path, change: (leaf: never) => unknown) =>
  lines.map((line, i) => (i === entry ? changed(line, path, change as (leaf: unknown) => unknown) : line));
const ofText = (change: (text: string) => string) => (encoded: string) =>
  Buffer.from(change(Buffer.from(encoded, 'base64url').toString())).toString('base64url');
const later = (ms: number) => (at: unknown) => new Date(Date.parse(String(at)) + ms).toISOString();

it('a chain that was computed anew over the same entries is good', async () => {
  expect(await found(lines)).toEqual([]);
});

describe('an order that was changed', () => {
  it.each<[string, number, Path, (leaf: never) => unknown, string]>([
    [
      'its price',
      DPOP,
      ['order', 'asked', 'content'],
      ofText((text) => text.replace('10.00', '11.00')),
      'digest_mismatch',
    ],
    [
      'its price, with a certificate',
      MTLS,
      ['order', 'asked', 'content'],
      ofText((text) => text.replace('10.00', '11.00')),
      'digest_mismatch',
    ],
    ['its spelling', DPOP, ['order', 'asked', 'content'], ofText((text) => text.replace(',', ', ')), 'digest_mismatch'],
    ['its body, which is gone', DPOP, ['order', 'asked', 'content'], () => '', 'digest_mismatch'],
    ['a body that it had not', CANCEL, ['order', 'asked', 'content'], () => 'e30', 'digest_missing'],
    ['its method', CANCEL, ['order', 'asked', 'method'], () => 'POST', 'proof_htm'],
    ['its method, with a certificate', MTLS, ['order', 'asked', 'method'], () => 'PUT', 'signature_invalid'],
    [
      'which order it is about',
      CANCEL,
      ['order', 'asked', 'targetUri'],
      (uri: string) => uri.replace('ord-1', 'ord-2'),
      'proof_htu',
    ],
    [
      'its URI, with a certificate',
      MTLS,
      ['order', 'asked', 'targetUri'],
      (uri: string) => `${uri}/ord-2`,
      'signature_invalid',
    ],
    ['its query', DPOP, ['order', 'asked', 'targetUri'], (uri: string) => `${uri}?x`, 'signature_invalid'],
    ['the hash of its token', DPOP, ['order', 'token', 'ath'], another, 'proof_ath'],
    ['the hash of its token, with a certificate', MTLS, ['order', 'token', 'ath'], another, 'signature_params'],
    ['the key of its token', DPOP, ['order', 'token', 'cnf', 'jkt'], another, 'key_mismatch'],
    ['the certificate of its token', MTLS, ['order', 'token', 'cnf', 'x5t#S256'], another, 'certificate_mismatch'],
    ['its certificate', MTLS, ['order', 'certificate'], another, 'certificate_mismatch'],
    [
      'what its token is bound to',
      DPOP,
      ['order', 'token', 'cnf'],
      () => ({ 'x5t#S256': 'A'.repeat(43) }),
      'certificate_missing',
    ],
    ['its proof', DPOP, PROOF, (proof: string) => proof.slice(0, -2), 'proof_signature'],
    [
      'the algorithm of its proof',
      DPOP,
      PROOF,
      (proof: string) => proof.replace(/^[^.]+/, (header) => ofText((text) => text.replace('ES256', 'none'))(header)),
      'proof_alg',
    ],
    [
      'a claim of its proof',
      DPOP,
      PROOF,
      (proof: string) =>
        proof.replace(/(?<=\.)[^.]+(?=\.)/, (payload) =>
          ofText((text) => text.replace('"jti":"', '"jti":"x'))(payload),
        ),
      'proof_signature',
    ],
    ['its digest', DPOP, ['order', 'asked', 'headers', 3], another, 'signature_invalid'],
    [
      'a field more',
      DPOP,
      ['order', 'asked', 'headers'],
      (fields: string[]) => ['x-more', 'x', ...fields],
      'signature_coverage',
    ],
    [
      'no evidence among its signatures',
      DPOP,
      ['order', 'asked', 'headers', 5],
      (input: string) => input.replace('holdfast-evidence', 'x'),
      'signature_params',
    ],
    [
      'when it was signed',
      DPOP,
      ['order', 'asked', 'headers', 5],
      (input: string) => input.replace(/(?<=evidence.*created=)\d+/, (created) => String(Number(created) + 1)),
      'signature_invalid',
    ],
    [
      'its signature',
      DPOP,
      ['order', 'asked', 'headers', 7],
      (signature: string) => signature.replace(/(?<=evidence=:.{20})./, (each) => (each === 'A' ? 'B' : 'A')),
      'signature_invalid',
    ],
    [
      'its signature, which is gone',
      DPOP,
      ['order', 'asked', 'headers'],
      (fields: string[]) => fields.slice(0, 4),
      'signature_missing',
    ],
    ['when it came, by an hour', CANCEL, ['at'], later(3_600_000), 'token_expired'],
    ['when it came, by six minutes', CANCEL, ['at'], later(360_000), 'signature_time'],
    ['when its token ended', DPOP, ['order', 'token', 'exp'], (exp: number) => exp - 3600, 'token_expired'],
    ['when its token began', DPOP, ['order', 'token', 'iat'], (iat: number) => iat + 3600, 'token_not_yet_valid'],
  ])('is found by its signatures: %s', async (_, entry, path, change, code) => {
    expect(await found(withChange(entry, path, change))).toEqual([['signature', entry, code]]);
  });

  it('DIG-6-01 is found with a digest of its new body, because that is signed', async () => {
    const body = JSON.stringify({ ...ORDER, price: '11.00' });
    const { fields } = await signed(await generateKey(), body, 'x');
    const digest = fields['Content-Digest'];
    const forged = withChange(MTLS, ['order', 'asked', 'content'], () => Buffer.from(body).toString('base64url'));
    const both = forged.map((line, i) =>
      i === MTLS ? changed(line, ['order', 'asked', 'headers', 1], () => digest) : line,
    );
    expect(await found(both)).toEqual([['signature', MTLS, 'signature_invalid']]);
  });

  it('is found when somebody else has signed it', async () => {
    const key = await generateKey();
    const { asked, fields } = await signed(key, JSON.stringify({ ...ORDER, price: '11.00' }), 'a stolen token');
    const forge = (claims: object) =>
      lines.map((line, i) => {
        const { order } = line as Line & { order: { token: object } };
        return i === DPOP ? { ...line, order: { ...order, asked, token: { ...order.token, ...claims } } } : line;
      });
    expect(fields['Signature']).toContain('evidence=');
    expect(await found(forge({}))).toEqual([['signature', DPOP, 'proof_ath']]);
    expect(await found(forge({ ath: ath('a stolen token') }))).toEqual([['signature', DPOP, 'key_mismatch']]);
    // Whose key that is, only the token says, and the records of who gave it
    expect(await found(forge({ ath: ath('a stolen token'), cnf: { jkt: key.jkt } }))).toEqual([]);
  });
});

describe('a line that two readers may read in two ways', () => {
  const bodyOf = (line: Line | undefined) => JSON.stringify({ ...line, hash: undefined }).slice(0, -1);

  it.each<[string, (body: string) => string]>([
    ['a member twice', (body) => body.replace('"seq":4', '"seq":4,"seq":4')],
    ['a member more', (body) => `${body},"more":1`],
    ['one more of the token', (body) => body.replace('"iss"', '"more":1,"iss"')],
    ['one less of the token', (body) => body.replace(/"sub":"[^"]*",/, '')],
    [
      'an opening beside the order',
      (body) => body.replace('"order"', `"opened":${JSON.stringify(lines[0]?.['opened'])},"order"`),
    ],
    ['white space', (body) => body.replace(':', ': ')],
    ['a number in another form', (body) => body.replace('"seq":4', '"seq":4.0')],
    ['a time in another form', (body) => body.replace(/Z"/, '+00:00"')],
    ['a time that is none', (body) => body.replace(/"at":"[^"]*"/, '"at":"2026-13-32T25:61:61.000Z"')],
    ['fields without an end', (body) => body.replace('"headers":[', '"headers":["x",')],
    ['a confirmation that nobody knows', (body) => body.replace('"cnf":{', '"cnf":{"kid":"x",')],
  ])('is none: %s', async (_, change) => {
    const rows = rechained(lines).trimEnd().split('\n');
    const last = hashedText(change(bodyOf({ ...(lines[4] as Line), prev: JSON.parse(rows[3] ?? '').hash })));
    const file = join(folder, 'read.jsonl');
    await writeFile(file, `${[...rows.slice(0, 4), last.line].join('\n')}\n`);
    const { findings } = await judge(file);
    expect(findings).toEqual([{ line: 5, sequence: 4, problem: 'altered', text: 'this is no entry' }]);
  });
});

describe('an order that was invented', () => {
  it('is found when it is another one with its signatures', async () => {
    expect(await found([...lines, lines[DPOP] as Line])).toEqual([['repeated', 4 + 1]]);
    const copy = changed(lines[CANCEL] as Line, ['at'], later(60_000));
    expect(await found([...lines.slice(0, 4), copy, ...lines.slice(4)])).toEqual([['repeated', 4]]);
  });

  it('is found when it is older than what came before it', async () => {
    const old = lines.map((line, i) => (i === 0 ? line : changed(line, ['at'], later(i === 1 ? 250_000 : -60_000))));
    expect(await found(old)).toEqual([2, 3, 4].map((entry) => ['time', entry]));
  });

  it('is found when it was asked of another venue', async () => {
    const elsewhere = withChange(0, ['opened', 'origins'], (origins: string[]) => origins.slice(0, 1));
    expect(await found(elsewhere)).toEqual([2, 4].map((entry) => ['signature', entry, 'request_malformed']));
  });
});

describe('what no signature covers', () => {
  it('is the word of the venue alone: claims of the token, the answer, the seconds, and what was left out', async () => {
    const covered = ['asked', 'certificate', 'ath', 'jkt', 'x5t#S256', 'iat', 'exp'];
    const free = leavesOf(lines[DPOP]).filter(
      ([first, ...path]) => first === 'order' && !path.some((step) => covered.includes(String(step))),
    );
    expect(free.map((path) => path.slice(1).join('.'))).toEqual([
      ...['token.iss', 'token.client_id', 'token.sub', 'token.jti', 'token.scope'],
      ...['answered.status', 'answered.order', 'answered.orderStatus'],
    ]);
    for (const path of free) expect([path, await found(withChange(DPOP, path, another))]).toEqual([path, []]);
    expect(await found(withChange(DPOP, ['at'], later(-1000)))).toEqual([]);
    expect(await found(lines.filter((_, i) => i !== MTLS))).toEqual([]);
  });

  it('is all seen by who has kept the head', async () => {
    const head = lines.at(-1)?.['hash'] as string;
    expect(await found(lines, head)).toEqual([]);
    for (const forged of [withChange(DPOP, ['order', 'token', 'sub'], another), lines.filter((_, i) => i !== MTLS)]) {
      expect(await found(forged, head)).toEqual([['head', forged.length - 1]]);
    }
  });
});

/** An order that somebody else signs, by a key of his own. */
async function signed(key: ProofKey, body: string, accessToken: string) {
  const { order } = lines[DPOP] as Line & { order: { asked: { targetUri: string } } };
  const { asked } = order;
  const request = { method: 'POST', targetUri: asked.targetUri };
  const proof = await createSigner({ key }).proof({ method: 'POST', url: asked.targetUri, accessToken });
  const headers = ['authorization', `DPoP ${accessToken}`, 'dpop', proof];
  const created = Math.floor(Date.now() / 1000);
  const evidence = { ath: ath(accessToken) };
  const fields = await signRequest({ ...request, headers, content: body }, { key, created, evidence });
  const kept = ['dpop', proof, ...Object.entries(fields).flat()];
  return { fields, asked: { ...request, headers: kept, content: Buffer.from(body).toString('base64url') } };
}
