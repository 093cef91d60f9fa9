import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from './certificates.ts';
import { makeKey, published } from './forge.ts';
import { type Answer, type IssuerServer, json, METADATA, serveIssuer, silence, status } from './issuer-server.ts';
import { ISSUER, Scene } from './scene.ts';

let certificates: Certificates;
const key = makeKey('ES256', 'issuer-1');

beforeAll(async () => {
  certificates = await makeCertificates();
});

const endless: Answer = (_request, response) => {
  const more = () => {
    while (response.write('x'.repeat(65_536)));
  };
  response.on('drain', more);
  more();
};

const bomb: Answer = (_request, response) => {
  response.setHeader('content-encoding', 'gzip').end(gzipSync('x'.repeat(40 << 20)));
};

type Spoil = (server: IssuerServer) => void;

const FAULTS: Readonly<Record<string, Spoil>> = {
  'another issuer in the metadata': (server) => {
    server.answers[METADATA] = json({ issuer: 'https://other.example', jwks_uri: `${server.issuer}/jwks` });
  },
  'the issuer with a slash more': (server) => {
    server.answers[METADATA] = json({ issuer: `${server.issuer}/`, jwks_uri: `${server.issuer}/jwks` });
  },
  'no issuer in the metadata': (server) => {
    server.answers[METADATA] = json({ jwks_uri: `${server.issuer}/jwks` });
  },
  'a jwks_uri over http': (server) => {
    const jwks_uri = `${server.issuer.replace('https:', 'http:')}/jwks`;
    server.answers[METADATA] = json({ issuer: server.issuer, jwks_uri });
  },
  'a jwks_uri that is a file': (server) => {
    server.answers[METADATA] = json({ issuer: server.issuer, jwks_uri: 'file:///etc/passwd' });
  },
  'no jwks_uri': (server) => {
    server.answers[METADATA] = json({ issuer: server.issuer });
  },
  'a redirect of the metadata': (server) => {
    server.answers['/moved'] = server.answers[METADATA] as never;
    server.answers[METADATA] = status(302, { location: '/moved' });
  },
  'a redirect of the keys': (server) => {
    server.answers['/moved'] = server.answers['/jwks'] as never;
    server.answers['/jwks'] = status(307, { location: '/moved' });
  },
  'status 500': (server) => {
    server.answers['/jwks'] = status(500);
  },
  'status 204': (server) => {
    server.answers['/jwks'] = status(204);
  },
  'status 206 with keys': (server) => {
    server.answers['/jwks'] = (_request, response) => {
      response.writeHead(206).end(JSON.stringify({ keys: [published(key)] }));
    };
  },
  'a page instead of JSON': (server) => {
    server.answers[METADATA] = (_request, response) => void response.end('<html>');
  },
  'JSON null': (server) => {
    server.answers['/jwks'] = json(null);
  },
  'keys that are no array': (server) => {
    server.answers['/jwks'] = json({ keys: { 0: published(key) } });
  },
  'silence instead of metadata': (server) => {
    server.answers[METADATA] = silence;
  },
  'silence instead of keys': (server) => {
    server.answers['/jwks'] = silence;
  },
  'a body that never ends': (server) => {
    server.answers['/jwks'] = (_request, response) => void response.write('{"keys":[');
  },
  'a connection that is cut': (server) => {
    server.answers['/jwks'] = (request) => request.socket.destroy();
  },
};

describe('an issuer that gives no usable keys', () => {
  it.each(Object.entries(FAULTS))('%s: 503 within the time limit', async (_what, spoil) => {
    await using server = await serveIssuer(certificates, [key]);
    spoil(server);
    const scene = sceneOf(server, 250);
    const refusal = await scene.refusal();
    expect(refusal).toMatchObject({ code: 'issuer_unavailable', status: 503, error: 'temporarily_unavailable' });
    expect(refusal.headers).toEqual({ 'Cache-Control': 'no-store', 'Retry-After': '1' });
    expect(server.asked).not.toContain('/moved');
  });

  it.each<[string, Answer]>([
    ['a document without end', endless],
    ['a small document that decompresses to 40 MB', bomb],
  ])('%s: no more is read than a key set can need', async (_what, answer) => {
    await using server = await serveIssuer(certificates, [key]);
    server.answers['/jwks'] = answer;
    const refusal = await sceneOf(server, 60_000).refusal();
    expect(refusal).toMatchObject({ code: 'issuer_unavailable', cause: { detail: 'too large' } });
  });

  it('is hung up on, not only left waiting', async () => {
    await using server = await serveIssuer(certificates, [key]);
    const closed = new Promise((resolve) => {
      server.answers[METADATA] = (request) => request.socket.once('close', resolve);
    });
    expect(await sceneOf(server, 250).code()).toBe('issuer_unavailable');
    await closed;
  });

  it('a fetch that never settles, nor heeds its signal', async () => {
    const fetch = () => new Promise<Response>(() => {});
    const scene = new Scene({ jwks: undefined as never, fetch, timeout: 50 });
    expect(await scene.code()).toBe('issuer_unavailable');
  });

  it.each([
    [
      'a fetch that throws',
      () => {
        throw new Error('no network');
      },
    ],
    ['a fetch that rejects with nothing', () => Promise.reject(undefined)],
    ['a fetch that gives no response', async () => undefined as never],
  ])('%s', async (_what, fetch) => {
    const scene = new Scene({ jwks: undefined as never, fetch });
    expect(await scene.code()).toBe('issuer_unavailable');
  });
});

describe('CVE-2024-21643 addresses in headers', () => {
  it.each(['jku', 'x5u'])('JOSE-8725-3.10-01 %s of a token or a proof is never fetched', async (member) => {
    await using server = await serveIssuer(certificates, [key]);
    const stranger = makeKey('ES256', 'stranger');
    server.answers['/evil'] = json({ keys: [published(stranger)] });
    const scene = sceneOf(server);
    const header = { [member]: `${server.issuer}/evil`, kid: 'stranger' };
    expect(await scene.code({ token: { key: stranger, header, payload: { iss: server.issuer } } })).toBe(
      'token_key_unknown',
    );
    await scene.send({ token: { payload: { iss: server.issuer } }, proof: { header } });
    expect(server.asked).toEqual([METADATA, '/jwks']);
  });

  it.each([
    'http://issuer.example/jwks',
    'HTTPS://issuer.example/jwks',
    'file:///etc/passwd',
    'data:application/json,{}',
    '/jwks',
    '',
  ])('FAPI2-5.2.1-01 the issuer names a jwks_uri that is not https, and nobody asks for it: %s', async (jwks_uri) => {
    const asked: string[] = [];
    const fetch = async (url: unknown) => {
      asked.push(String(url));
      return Response.json({ issuer: ISSUER, jwks_uri, keys: [published(key)] });
    };
    const scene = new Scene({ fetch, jwks: undefined as never }, { issuer: key });
    expect(await scene.code()).toBe('issuer_unavailable');
    expect(asked).toEqual([`${ISSUER}${METADATA}`]);
  });

  it('a token names no issuer to ask', async () => {
    await using ours = await serveIssuer(certificates, [key]);
    await using theirs = await serveIssuer(certificates, [key]);
    const scene = sceneOf(ours);
    expect(await scene.code({ token: { payload: { iss: theirs.issuer } } })).toBe('token_issuer');
    expect(theirs.asked).toEqual([]);
  });
});

function sceneOf({ issuer, fetch }: IssuerServer, timeout = 10_000): Scene {
  return new Scene({ issuer, fetch, timeout, jwks: undefined as never }, { issuer: key });
}
