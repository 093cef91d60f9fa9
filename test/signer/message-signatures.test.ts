import { contentDigest, signResponse } from '@holdfast/proof';
import { createSigner, generateKey } from '@holdfast/signer';
import { describe, expect, it } from 'vitest';
import { identities } from './authorities.ts';
import { dpopClient, mtlsClient } from './clients.ts';
import { granted } from './scripted-issuer.ts';
import { scriptedVenue } from './scripted-venue.ts';
import { type Answering, type Hop, type Passing, type SigningVenue, signingVenue } from './signing-venue.ts';
import { asksForCertificate, type Handler, tlsServer } from './tls-server.ts';

const order = { instrument: 'ACME', side: 'buy', type: 'limit', quantity: 100, price: '50.00' };
const place = ({ client, origin }: Pick<SigningVenue, 'client' | 'origin'>, body: object = order) =>
  client.fetch(`${origin}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

function setField(passing: Passing, name: string, change: (value: string) => string): void {
  for (let i = 0; i < passing.headers.length; i += 2) {
    if (passing.headers[i]?.toLowerCase() === name) passing.headers[i + 1] = change(passing.headers[i + 1] ?? '');
  }
}

function dropField(passing: Passing, name: string): void {
  const { headers } = passing;
  passing.headers = headers.filter((_, i) => headers[i - (i % 2)]?.toLowerCase() !== name);
}

function setBody(passing: Passing, text: string): void {
  passing.body = Buffer.from(text);
  setField(passing, 'content-length', () => String(passing.body.length));
}

/** What came of an order: the status, or the code with which the client refused the answer. */
async function outcome(sent: Promise<Response>): Promise<number | string> {
  try {
    const response = await sent;
    await response.text();
    return response.status;
  } catch (thrown) {
    return (thrown as { code: string }).code;
  }
}

describe('FAPI 2.0 HTTP Signatures §5.3.1.1: an order that is signed', () => {
  it('FAPISIG-5.3.1.1-01 FAPISIG-5.3.1.1-02 FAPISIG-5.3.1.1-03 FAPISIG-5.3.1.1-06 FAPISIG-5.3.1.1-07 covers what names it', async () => {
    await using venue = await signingVenue();
    const response = await place(venue);
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ quantity: 100 });
    expect(response.url).toBe(`${venue.origin}/orders`);
    const sent = venue.received.at(-1);
    const input = sent?.headers.get('signature-input') ?? '';
    for (const component of ['@method', '@target-uri', 'authorization', 'dpop', 'content-digest'])
      expect(input).toContain(`"${component}"`);
  });

  it('FAPISIG-5.3.1.1-04 FAPISIG-5.3.1.1-05 FAPISIG-5.3.1.1-08 SIG-2.3-02 has created, tag and a digest of its body', async () => {
    await using venue = await signingVenue();
    await place(venue);
    const { headers, body } = venue.received.at(-1) ?? { headers: new Headers(), body: Buffer.of() };
    expect(headers.get('signature-input')).toMatch(/;created=[0-9]{10}(;|$)/);
    expect(headers.get('signature-input')).toMatch(/;tag="fapi-2-request"(;|$)/);
    expect(headers.get('content-digest')).toBe(contentDigest(body));
  });

  it('SIG-7.2.2-01 is signed anew after a challenge, together with its new proof', async () => {
    await using venue = await signingVenue();
    expect((await place(venue)).status).toBe(201);
    const orders = venue.received.filter(({ target }) => target === '/orders');
    expect(orders).toHaveLength(2);
    expect(orders[1]?.headers.get('signature')).not.toBe(orders[0]?.headers.get('signature'));
    expect(venue.orders()).toBe(1);
  });

  it('FAPISIG-5.3.2.1-01 reads are signed and answered by a signature too, also what the venue refuses', async () => {
    await using venue = await signingVenue();
    expect((await venue.client.fetch(`${venue.origin}/orders`)).status).toBe(200);
    expect((await venue.client.fetch(`${venue.origin}/orders/none`)).status).toBe(404);
    expect((await venue.client.fetch(`${venue.origin}/orders`, { method: 'PUT' })).status).toBe(405);
    venue.hop = { response: (answer) => ({ ...answer, body: Buffer.from('{"orders":["invented"]}') }) };
    await expect(venue.client.fetch(`${venue.origin}/orders`)).rejects.toMatchObject({ code: 'response_signature' });
  });

  it('reads and cancels are signed too, or are not where that was asked', async () => {
    await using venue = await signingVenue({ signatures: { requests: ({ method }) => method !== 'GET' } });
    const { id } = (await (await place(venue)).json()) as { id: string };
    const listed = await venue.client.fetch(`${venue.origin}/orders`);
    expect(((await listed.json()) as { orders: unknown[] }).orders).toHaveLength(1);
    expect(venue.received.at(-1)?.headers.get('signature')).toBeNull();
    expect((await venue.client.fetch(`${venue.origin}/orders/${id}`, { method: 'DELETE' })).status).toBe(200);
    expect(venue.received.at(-1)?.headers.get('content-digest')).toBeNull();
  });

  it('signs the fields by which a hop could have it read in another way, and its own in place of the caller’s', async () => {
    await using venue = await signingVenue();
    const { status } = await venue.client.fetch(`${venue.origin}/orders`, {
      method: 'POST',
      headers: {
        ...{ 'content-type': 'application/json', 'idempotency-key': 'morning-1' },
        ...{ 'content-digest': 'sha-256=:AAAA:', signature: 'sig=:AAAA:', 'signature-input': 'sig=()' },
      },
      body: JSON.stringify(order),
    });
    expect(status).toBe(201);
    expect(venue.received.at(-1)?.headers.get('signature-input')).toMatch(/"content-type" "idempotency-key"/);
    venue.hop = { request: (passing) => setField(passing, 'idempotency-key', () => 'morning-2') };
    const again = venue.client.fetch(`${venue.origin}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'morning-1' },
      body: JSON.stringify(order),
    });
    expect(await outcome(again)).not.toBe(201);
    expect(venue.orders()).toBe(1);
  });

  it('signs the type that fetch gives a text, where the caller gives none', async () => {
    await using venue = await signingVenue();
    await venue.client.fetch(`${venue.origin}/orders`, { method: 'POST', body: JSON.stringify(order) });
    expect(venue.received.at(-1)?.headers.get('content-type')).toBe('text/plain;charset=UTF-8');
    expect(venue.received.at(-1)?.headers.get('signature-input')).toContain('"content-type"');
  });

  it('has a second signature where evidence is wanted', async () => {
    await using venue = await signingVenue({ wanted: 'evidence', signatures: { evidence: true } });
    expect((await place(venue)).status).toBe(201);
    expect(venue.received.at(-1)?.headers.get('signature-input')).toMatch(/tag="holdfast-evidence"/);
  });

  it('goes out through another stack as well, and undici refuses what it could not check', async () => {
    await using venue = await signingVenue({ isNamed: true });
    const url = `${venue.origin}/orders`;
    const headers = await venue.client.headersFor({ method: 'POST', url, body: '{}' });
    expect(Object.keys(headers).sort()).toEqual(
      ['Authorization', 'Content-Digest', 'DPoP', 'Signature', 'Signature-Input'].sort(),
    );
    await expect(
      venue.client.dispatcher.request({ origin: venue.origin, path: '/orders', method: 'POST', body: '{}' }),
    ).rejects.toMatchObject({ code: 'message_unsignable' });
  });
});

const thief = createSigner({ key: await generateKey() });
const bigger = JSON.stringify({ ...order, quantity: 999 });

describe('an order that a hop changes on its way', () => {
  const changes: [string, Hop['request']][] = [
    ['its body', (passing) => setBody(passing, bigger)],
    [
      'its body and the digest of it',
      (passing) => {
        setBody(passing, bigger);
        setField(passing, 'content-digest', () => contentDigest(bigger));
      },
    ],
    ['its body, which is left out', (passing) => setBody(passing, '')],
    ['its digest', (passing) => setField(passing, 'content-digest', () => contentDigest('{}'))],
    ['its digest, which is left out', (passing) => dropField(passing, 'content-digest')],
    [
      'its method',
      (passing) => {
        passing.method = 'PUT';
      },
    ],
    [
      'the query of its URL, which no proof covers',
      (passing) => {
        passing.target += '?account=other';
      },
    ],
    [
      'the path of its URL',
      (passing) => {
        passing.target = '/orders/';
      },
    ],
    ['its authorization', (passing) => setField(passing, 'authorization', (value) => value.replace('DPoP', 'dpop'))],
    ['its token', (passing) => setField(passing, 'authorization', (value) => `${value.slice(0, -4)}AAAA`)],
    ['its proof', (passing) => setField(passing, 'dpop', (value) => `${value.slice(0, -4)}AAAA`)],
    ['its proof, which is left out', (passing) => dropField(passing, 'dpop')],
    ['its signature', (passing) => setField(passing, 'signature', (value) => value.replace(/:.{8}/, ':AAAAAAAA'))],
    ['its signature, which is left out', (passing) => dropField(passing, 'signature')],
    [
      'what is signed',
      (passing) => setField(passing, 'signature-input', (value) => value.replace('"content-digest"', '"@authority"')),
    ],
    [
      'all signatures, which are left out',
      (passing) => {
        for (const name of ['signature', 'signature-input', 'content-digest']) dropField(passing, name);
      },
    ],
  ];

  it.each(changes)('SIG-7.2.8-01 DIG-6-01 %s: it is not placed', async (_, request) => {
    await using venue = await signingVenue();
    await place(venue);
    const before = venue.orders();
    venue.hop = { ...(request && { request }) };
    expect(await outcome(place(venue))).not.toBe(201);
    expect(venue.orders()).toBe(before);
  });

  it('whose proof is replaced by one of the hop’s own key', async () => {
    await using venue = await signingVenue();
    await place(venue);
    const proof = await thief.proof({ method: 'POST', url: `${venue.origin}/orders` });
    venue.hop = { request: (passing) => setField(passing, 'dpop', () => proof) };
    expect(await outcome(place(venue))).not.toBe(201);
    expect(venue.orders()).toBe(1);
  });

  it('that is sent twice: it is placed once', async () => {
    await using venue = await signingVenue();
    await place(venue);
    let first: Passing | undefined;
    venue.hop = {
      request(passing) {
        first ??= structuredClone(passing);
        Object.assign(passing, first, { body: Buffer.from(first.body) });
      },
    };
    expect(await outcome(place(venue))).toBe(201);
    expect(await outcome(place(venue))).not.toBe(201);
    expect(venue.orders()).toBe(2);
  });
});

describe('FAPI 2.0 HTTP Signatures §5.3.2.2: an answer that is not the venue’s to this order', () => {
  type Change = (answer: Answering, earlier: Answering | undefined) => Answering;
  const changes: [string, Change, string][] = [
    ['FAPISIG-5.3.2.2-02 with another body', (answer) => ({ ...answer, body: other(answer) }), 'response_signature'],
    [
      'FAPISIG-5.3.2.2-04 with another body and its digest',
      (answer) => {
        const body = other(answer);
        return { ...answer, body, headers: { ...answer.headers, 'content-digest': contentDigest(body) } };
      },
      'response_signature',
    ],
    ['FAPISIG-5.3.2.2-03 with another status', (answer) => ({ ...answer, status: 202 }), 'response_signature'],
    ['SIG-2.4-01 of an earlier order', (answer, earlier) => earlier ?? answer, 'response_signature'],
    [
      'FAPISIG-5.3.2.2-02 without a signature',
      (answer) => ({ ...answer, headers: { 'content-type': 'application/json' } }),
      'response_unsigned',
    ],
    [
      'FAPISIG-5.3.2.2-05 with another tag',
      (answer) => ({
        ...answer,
        headers: {
          ...answer.headers,
          'signature-input': answer.headers['signature-input']?.replace('fapi-2-response', 'fapi-2-request') ?? '',
        },
      }),
      'response_signature',
    ],
    [
      'FAPISIG-5.3.2.2-01 by a key that is not the venue’s',
      (answer) => ({
        ...answer,
        headers: {
          ...answer.headers,
          'signature-input': answer.headers['signature-input']?.replace(/keyid="[^"]*"/, 'keyid="mine"') ?? '',
        },
      }),
      'response_signature',
    ],
  ];
  const other = ({ body }: Answering) => Buffer.from(body.toString().replace('"quantity":100', '"quantity":900'));

  it.each(changes)('%s: the client refuses it', async (_, change, code) => {
    await using venue = await signingVenue();
    await place(venue);
    let earlier: Answering | undefined;
    venue.hop = {
      response(answer) {
        earlier = structuredClone(answer);
        return answer;
      },
    };
    expect(await outcome(place(venue))).toBe(201);
    venue.hop = { response: (answer) => change({ ...answer, body: Buffer.from(answer.body) }, earlier) };
    expect(await outcome(place(venue))).toBe(code);
    venue.hop = {};
    expect(await outcome(place(venue))).toBe(201);
  });

  it('SIG-2.4-03 that was meant for another of two orders: both are refused', async () => {
    await using venue = await signingVenue();
    await place(venue);
    const answers: Answering[] = [];
    let both = () => {};
    const arrived = new Promise<void>((resolve) => {
      both = resolve;
    });
    venue.hop = {
      async response(answer) {
        const mine = answers.push(answer);
        if (mine === 2) both();
        await arrived;
        return answers[2 - mine] ?? answer;
      },
    };
    const outcomes = await Promise.all([outcome(place(venue)), outcome(place(venue, { ...order, quantity: 7 }))]);
    expect(outcomes).toEqual(['response_signature', 'response_signature']);
  });

  it('a challenge that a hop invents does not have the order sent twice', async () => {
    await using venue = await signingVenue();
    await place(venue);
    venue.hop = {
      response: () => ({
        status: 401,
        headers: { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'invented' },
        body: Buffer.of(),
      }),
    };
    expect(await outcome(place(venue))).toBe('response_unsigned');
    expect(venue.orders()).toBe(2);
    expect(venue.received.filter(({ method }) => method === 'POST')).toHaveLength(3);
  });

  it('FAPISIG-5.3.2.2-01 keys that are given are used, and nothing is asked for', async () => {
    await using venue = await signingVenue({ signatures: { responses: { keys: [] } } });
    expect(await outcome(place(venue))).toBe('response_signature');
    expect(venue.received.every(({ target }) => target === '/orders')).toBe(true);
  });

  it('is taken as it comes where that was asked for', async () => {
    await using venue = await signingVenue({ signatures: { responses: 'unchecked' } });
    await place(venue);
    venue.hop = { response: (answer) => ({ ...answer, status: 202 }) };
    expect(await outcome(place(venue))).toBe(202);
  });

  it.each([
    ['names another resource', { resource: 'https://elsewhere.example' }],
    ['has no keys', { jwks_uri: undefined }],
    ['has them in plain http', { jwks_uri: 'http://localhost:1/keys' }],
  ])('FAPISIG-5.3.2.2-01 no answer is believed when the metadata of the venue %s', async (_, members) => {
    await using venue = await signingVenue();
    venue.hop = {
      response(answer, { target }) {
        if (!target.startsWith('/.well-known/oauth-protected-resource')) return answer;
        const metadata = { ...(JSON.parse(answer.body.toString()) as object), ...members };
        return { ...answer, body: Buffer.from(JSON.stringify(metadata)) };
      },
    };
    expect(await outcome(place(venue))).toMatch(/^(?:resource_metadata|url_refused)$/);
    expect(venue.orders()).toBe(0);
    expect(venue.received.some(({ method }) => method === 'POST')).toBe(false);
  });

  it.each([
    ['shows the certificate to the venue, which insists on it, and to nobody else', true],
    ['shows it to nobody where a key binds the tokens', false],
  ])('FAPISIG-5.3.2.2-01 who asks for the keys %s', async (_, isBound) => {
    const key = await generateKey();
    await using elsewhere = await tlsServer(
      () => ({ body: { keys: [{ ...key.publicJwk, alg: key.alg, kid: key.jkt }] } }),
      asksForCertificate,
    );
    const answer: Handler = async ({ method, target, headers, rawHeaders }) => {
      const origin = `https://${headers.get('host')}`;
      if (target.startsWith('/.well-known'))
        return { body: { resource: origin, jwks_uri: `${elsewhere.origin}/keys` } };
      const request = { method, targetUri: `${origin}${target}`, headers: rawHeaders };
      return { headers: await signResponse({ status: 200 }, request, { key, created: Math.floor(Date.now() / 1000) }) };
    };
    const options = { signatures: {}, tls: identities.trader.tls };
    await using venue = await scriptedVenue(answer, {
      make: (issuer) => (isBound ? mtlsClient : dpopClient)({ ...issuer, ...options }),
      script: { token: () => granted({ token_type: isBound ? 'Bearer' : 'DPoP' }), tls: asksForCertificate },
      tls: { ...asksForCertificate, rejectUnauthorized: isBound },
    });
    expect((await venue.client.fetch(venue.origin)).status).toBe(200);
    expect(venue.received.map(({ certificate }) => certificate !== undefined)).toEqual([isBound, isBound]);
    expect(elsewhere.received.map(({ certificate }) => certificate)).toEqual([undefined]);
  });

  it('a token that a gateway refuses without signing it is not used again', async () => {
    await using venue = await signingVenue();
    await place(venue);
    const refusal = { 'www-authenticate': 'DPoP error="invalid_token"' };
    venue.hop = { response: () => ({ status: 401, headers: refusal, body: Buffer.of() }) };
    expect(await outcome(place(venue))).toBe('response_unsigned');
    venue.hop = {};
    expect(await outcome(place(venue))).toBe(201);
    const [refused, used] = venue.received.slice(-2).map(({ headers }) => headers.get('authorization'));
    expect(used).not.toBe(refused);
  });

  it('who gives up does not wait for the keys of the venue', async () => {
    await using venue = await signingVenue();
    let goOn = () => {};
    const stalled = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    venue.hop = {
      async response(answer, { target }) {
        if (target.startsWith('/.well-known')) await stalled;
        return answer;
      },
    };
    const signal = AbortSignal.timeout(200);
    await expect(venue.client.fetch(venue.origin, { signal })).rejects.toMatchObject({ name: 'TimeoutError' });
    goOn();
    expect(await outcome(place(venue))).toBe(201);
  });
});
