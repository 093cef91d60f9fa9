import type { HttpMessage } from '@holdfast/proof';
import { messageFromRequest, protect } from '@holdfast/verifier/web';
import { describe, expect, it } from 'vitest';
import { makeCertificates } from './certificates.ts';
import { credentials, type Wanted } from './credentials.ts';
import { boundTo, ORIGIN, Scene } from './scene.ts';

async function good(scene: Scene, wanted: Wanted = {}): Promise<Request> {
  const { method = 'GET', path = '/orders' } = wanted;
  return new Request(ORIGIN + path, { method, headers: await credentials(scene, wanted) });
}

/** A request for which the client has no newest nonce, so that the answer brings it. */
async function behind(scene: Scene): Promise<Request> {
  const nonce = await scene.nonce();
  scene.wait(60);
  return await good(scene, { nonce });
}

const served = () => new Response('served');

describe('a web request as a message', () => {
  it('has method, path with query, fields one by one, and the certificate that it is given', () => {
    const request = new Request('https://a.example/orders?limit=1#part', {
      method: 'POST',
      headers: { Authorization: 'DPoP x', DPoP: 'y' },
    });
    const certificate = Uint8Array.of(1);
    expect(messageFromRequest(request, { certificate })).toEqual({
      method: 'POST',
      target: '/orders?limit=1',
      headers: ['authorization', 'DPoP x', 'dpop', 'y'],
      certificate,
    } satisfies HttpMessage);
    expect(messageFromRequest(request).certificate).toBeUndefined();
  });

  it.each([
    ['/a/../orders', '/orders'],
    ['/a/%2e%2E/orders', '/orders'],
    ['/a\\orders', '/a/orders'],
    ['/or\tders', '/orders'],
    ['//evil.example/orders', '//evil.example/orders'],
    ['/%6frders', '/%6frders'],
    ['', '/'],
  ])('N2 has the target that the URL parser makes of %j: %j', (path, target) => {
    expect(messageFromRequest(new Request(`https://venue.example${path}`)).target).toBe(target);
  });
});

describe('FAPI2-5.3.4-01 the wrapper', () => {
  it('calls the handler with request, access and what the runtime passes beside, for a good request only', async () => {
    const scene = new Scene();
    const seen: unknown[] = [];
    const handle = protect(scene.verifier, (request, { clientId }, environment: object, info: string) => {
      seen.push(request, clientId, environment, info);
      return served();
    });
    const environment = {};
    const request = await good(scene);
    expect(await (await handle(request, environment, 'info')).text()).toBe('served');
    expect(seen).toEqual([request, 'client-1', environment, 'info']);
    expect((await handle(new Request(`${ORIGIN}/orders`), environment, 'info')).status).toBe(401);
    expect((await handle(request, environment, 'info')).status).toBe(401);
    expect(seen).toHaveLength(4);
  });

  it('DPOP-4.3-01 N8 refuses two DPoP and two Authorization fields, which `Headers` joins', async () => {
    const scene = new Scene();
    const handle = protect(scene.verifier, served);
    const another = await credentials(scene);
    for (const [name, status, code] of [
      ['dpop', 401, 'proof_duplicated'],
      ['authorization', 400, 'credentials_malformed'],
    ] as const) {
      for (const value of [another[name], '']) {
        const request = await good(scene);
        request.headers.append(name, value);
        const reply = await handle(request);
        expect([reply.status, await reply.json()]).toEqual([status, expect.objectContaining({ code })]);
      }
    }
  });

  it('refuses when the request throws, and when the certificate does', async () => {
    const scene = new Scene();
    const request = await good(scene);
    const broken = new Proxy(request, {
      get: (target, name) => {
        if (name === 'headers') throw new Error('no such thing');
        return Reflect.get(target, name, target);
      },
    });
    const certificate = () => {
      throw new Error('no socket');
    };
    for (const reply of [
      await protect(scene.verifier, served)(broken),
      await protect(scene.verifier, served, { certificate })(request),
    ]) {
      expect([reply.status, reply.headers.get('cache-control')]).toEqual([500, 'no-store']);
      expect(await reply.json()).toMatchObject({ code: 'internal' });
    }
  });

  it('rejects with what the handler throws', async () => {
    const scene = new Scene();
    const handle = protect(scene.verifier, () => Promise.reject(new RangeError('of the handler')));
    await expect(handle(await good(scene))).rejects.toThrow(RangeError);
  });

  it.each([{ scope: 'orders:read' }, { scopes: [] }, { scope: undefined }])(
    'FAPI2-5.3.4-04 is not made for a requirement that would ask for less than it seems to: %j',
    (requirement) => {
      expect(() => protect(new Scene().verifier, served, requirement as object)).toThrow(TypeError);
    },
  );
});

describe('MTLS-3-03 the certificate', () => {
  it('comes from where the runtime has it, and from no header', async () => {
    const scene = new Scene();
    const { mine, other } = await makeCertificates();
    const handle = protect<[Uint8Array | undefined]>(scene.verifier, served, {
      certificate: (_request, presented) => presented,
    });
    const headers = {
      authorization: `Bearer ${scene.token(boundTo(mine.der))}`,
      'client-cert': `:${Buffer.from(mine.der).toString('base64')}:`,
    };
    const code = async (presented: Uint8Array | undefined) => {
      const reply = await handle(new Request(`${ORIGIN}/orders`, { headers }), presented);
      return reply.status === 200 ? 'served' : ((await reply.json()) as { code: string }).code;
    };
    expect([await code(mine.der), await code(other.der), await code(undefined)]).toEqual([
      'served',
      'certificate_mismatch',
      'certificate_missing',
    ]);
  });
});

describe('DPOP-8.2-02 C082 the next nonce', () => {
  const cookies = new Headers([
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
    ['cache-control', 'public'],
  ]);
  const responses: Readonly<Record<string, () => Response | Promise<Response>>> = {
    'an ordinary one': () => new Response('x', { headers: cookies }),
    'an immutable one, of a redirect': () => Response.redirect('https://elsewhere.example/', 303),
    'an immutable one, of fetch': () => fetch('data:text/plain,x'),
    'one without a body': () => new Response(null, { status: 204 }),
    'an error of the handler’s own': () => Response.json({ error: 'mine' }, { status: 422, statusText: 'Mine' }),
    'a stream': () => new Response(new Blob(['x']).stream()),
  };

  it.each(Object.entries(responses))('is added to %s, uncacheable, and changes nothing else', async (_what, make) => {
    const scene = new Scene();
    const reply = await protect(scene.verifier, make)(await behind(scene));
    expect([reply.headers.get('dpop-nonce'), reply.headers.get('cache-control')]).toEqual([
      await scene.nonce(),
      'no-store',
    ]);
    const plain = await make();
    expect([reply.status, reply.statusText, await reply.text()]).toEqual([
      plain.status,
      plain.statusText,
      await plain.text(),
    ]);
    expect(reply.headers.getSetCookie()).toEqual(plain.headers.getSetCookie());
    for (const name of ['content-type', 'location']) expect(reply.headers.get(name)).toBe(plain.headers.get(name));
  });

  it('does not stay in a response that the handler sends many times', async () => {
    const scene = new Scene();
    const shared = new Response(null, { status: 204 });
    const handle = protect(scene.verifier, () => shared);
    expect((await handle(await behind(scene))).headers.get('dpop-nonce')).not.toBeNull();
    expect((await handle(await good(scene))).headers.get('dpop-nonce')).toBeNull();
  });

  it('leaves alone what is no answer: a network error', async () => {
    const scene = new Scene();
    const reply = await protect(scene.verifier, () => Response.error())(await behind(scene));
    expect(reply.type).toBe('error');
  });
});
