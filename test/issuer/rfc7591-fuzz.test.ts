import { refusals } from '@holdfast/proof';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fields, INITIAL, MACHINE, registrationScene, replaceable } from './registration-scene.ts';

const scene = registrationScene();
const client = await scene.registered();
const runs = { numRuns: 300 };
const MARK = '§';

const MEMBERS = [
  ...['client_id', 'client_name', 'client_uri', 'contacts', 'redirect_uris', 'grant_types', 'response_types', 'scope'],
  ...['token_endpoint_auth_method', 'token_endpoint_auth_signing_alg', 'jwks', 'jwks_uri', 'software_statement'],
  ...['tls_client_auth_subject_dn', 'tls_client_auth_san_ip', 'authorization_details_types', 'client_secret'],
  ...[
    'dpop_bound_access_tokens',
    'request_object_signing_alg',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
  ],
];
const text = fc.string({ unit: 'binary', maxLength: 40 }).map((value) => MARK + value);
const key = fc.dictionary(fc.constantFrom('kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'alg', 'use', 'x5c', 'd'), text);
const plausible = fc.oneof(
  text,
  fc.constantFrom('private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth', 'https://§.example/', 'ES256'),
  fc.array(fc.oneof(text, fc.constantFrom('authorization_code', 'client_credentials', 'refresh_token', 'code'))),
  fc.record({ keys: fc.array(fc.oneof(key, fc.constant(MACHINE.jwks.keys[0]))) }),
  fc.boolean(),
  fc.jsonValue({ maxDepth: 4 }).map(marked),
);
const member = fc.oneof(fc.constantFrom(...MEMBERS), text);
const metadata = fc.array(fc.tuple(member, plausible), { maxLength: 8 });
const sentences = new Set(refusals().map(({ sentence }) => sentence));

describe('RFC 7591 §3.2.2: whatever is sent, it is registered or refused in good order', () => {
  it('any body', async () => {
    const bodies = fc.oneof(text, fc.json(), fc.string({ unit: 'binary' }));
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        await expectInOrder({ headers: fields(INITIAL), body });
      }),
      runs,
    );
  });

  it('any members, alone or over sound ones', async () => {
    await fc.assert(
      fc.asyncProperty(metadata, fc.boolean(), async (members, isOverSound) => {
        await expectInOrder({ headers: fields(INITIAL), body: object(isOverSound ? MACHINE : {}, members) });
      }),
      runs,
    );
  });

  it('any members in place of those of a client', async () => {
    await fc.assert(
      fc.asyncProperty(metadata, async (members) => {
        const body = object(replaceable(client), members);
        const target = `/register/${client.clientId}`;
        await expectInOrder({ method: 'PUT', target, headers: fields(client.token), body }, 'manage');
      }),
      { numRuns: 150 },
    );
    expect(await scene.manage('GET', client)).toMatchObject({ status: 200 });
  });

  it('any method, target and header fields', async () => {
    const name = fc.constantFrom('authorization', 'Authorization', 'content-type', 'dpop', 'host');
    const value = fc.oneof(text, fc.constantFrom(`Bearer ${INITIAL}`, `Bearer ${client.token}`, 'Bearer', 'DPoP x'));
    const target = fc.oneof(text, fc.constantFrom(`/register/${client.clientId}`, '/register/..', '/register/%00', ''));
    const method = fc.constantFrom('GET', 'PUT', 'POST', 'PATCH', '__proto__', '');
    const request = fc.record({
      method,
      target,
      headers: fc.array(fc.tuple(name, value), { maxLength: 4 }).map((pairs) => pairs.flat()),
    });
    await fc.assert(
      fc.asyncProperty(request, async (sent) => {
        await expectInOrder(sent);
        await expectInOrder(sent, 'manage');
      }),
      runs,
    );
  });
});

type Sent = Parameters<typeof scene.send>[1];

async function expectInOrder(sent: Sent, endpoint: 'register' | 'manage' = 'register'): Promise<void> {
  const { status, headers, body } = await scene.send(endpoint, sent);
  expect([200, 201, 400, 401, 405]).toContain(status);
  expect(headers['Cache-Control']).toBe('no-store');
  if (status < 300) return;
  const { error_description: description, error, code } = body;
  expect(error).toMatch(/^[a-z_]+$/);
  expect(code).toMatch(/^[a-z_]+$/);
  expect(description).not.toContain(MARK);
  // One of our sentences, and after it at most the name of a member
  const [sentence = '', detail = 'none'] = String(description).split(': ');
  expect(sentences).toContain(sentence);
  expect(detail).toMatch(/^[a-z_0-9.,[\] A-Z/]+$/);
}

/** The text of an object in which a member may occur twice. */
function object(sound: object, members: readonly [string, unknown][]): string {
  const texts = [...Object.entries(sound), ...members].map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  );
  return `{${texts.join()}}`;
}

function marked(value: unknown): unknown {
  if (typeof value === 'string') return MARK + value;
  if (Array.isArray(value)) return value.map(marked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [MARK + name, marked(each)]));
}
