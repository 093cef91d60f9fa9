import { ConfigurationError, readConfig } from '@holdfast/issuer';
import { describe, expect, it } from 'vitest';
import { thiefKey, VENUE } from './forge.ts';
import { configuration, TRADER } from './scene.ts';

/** Must never be seen again: it stands where somebody may have put a secret by mistake. */
const SECRET = 'swordfish-s3cr3t';

const trader = (changes: object) => ({ clients: [{ ...TRADER, ...changes }] });
const second = (changes: object) => ({ clients: [TRADER, { ...TRADER, client_id: 'second', ...changes }] });
const resource = (changes: object) => ({
  resources: [{ resource: VENUE, scope: 'orders:read orders:write', ...changes }],
});

function fault(value: unknown): string {
  try {
    readConfig(value);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(ConfigurationError);
    return (thrown as Error).message;
  }
  return 'accepted';
}

/** The fields that a message names, one line each. */
const fields = (message: string) => message.split('\n').map((line) => line.slice(0, line.indexOf(':')));

it('takes a sound configuration and fills in what is left out', () => {
  const config = readConfig(configuration());
  expect(config).toMatchObject({ access_token_lifetime: 300, dpop_nonce: 'required' });
  expect(config.clients[0]).toMatchObject({
    dpop_bound_access_tokens: false,
    tls_client_certificate_bound_access_tokens: false,
  });
  expect(fault(configuration({ mtls_origin: undefined, clients: [] }))).toBe('accepted');
  for (const lifetime of [10, 3600]) expect(fault(configuration({ access_token_lifetime: lifetime }))).toBe('accepted');
});

describe('a wrong field is named and its value is not shown', () => {
  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['access_token_lifetime', { access_token_lifetime: 9 }],
    ['access_token_lifetime', { access_token_lifetime: 3601 }],
    ['access_token_lifetime', { access_token_lifetime: 60.5 }],
    ['access_token_lifetime', { access_token_lifetime: Number.NaN }],
    ['access_token_lifetime', { access_token_lifetime: SECRET }],
    ['dpop_nonce', { dpop_nonce: SECRET }],
    ['dpop_nonce', { dpop_nonce: false }],
    ['signing_keys', { signing_keys: [] }],
    ['signing_keys[0]', { signing_keys: [SECRET] }],
    ['resources', { resources: [] }],
    ['resources[0].resource', resource({ resource: SECRET })],
    ['resources[0].resource', resource({ resource: `${VENUE}/#${SECRET}` })],
    ['resources[0].resource', resource({ resource: ` ${VENUE}/${SECRET}` })],
    ['resources[0].resource', resource({ resource: `${VENUE}/${SECRET}\n` })],
    ['resources[0].scope', resource({ scope: `orders:read orders:write  ${SECRET}` })],
    ['resources[0].scope', resource({ scope: `"${SECRET}"` })],
    [`resources[0].audience`, resource({ audience: SECRET })],
    ['clients', { clients: undefined }],
    ['clients', { clients: SECRET }],
    ['clients[0]', { clients: [SECRET] }],
    ['clients[0].client_id', trader({ client_id: '' })],
    ['clients[0].client_id', trader({ client_id: `${SECRET} ` })],
    ['clients[0].client_id', trader({ client_id: `${SECRET}\0` })],
    ['clients[0].client_id', trader({ client_id: `${SECRET}é` })],
    ['clients[0].client_id', trader({ client_id: SECRET.repeat(9) })],
    ['clients[0].client_id', trader({ client_id: undefined })],
    ['clients[0].client_secret', trader({ client_secret: SECRET })],
    ['clients[0].dpop_bound_access_tokens', trader({ dpop_bound_access_tokens: SECRET })],
    [
      'clients[0].tls_client_certificate_bound_access_tokens',
      trader({ tls_client_certificate_bound_access_tokens: 1 }),
    ],
    ['clients[0].scope', trader({ scope: '' })],
    ['clients[0].scope', trader({ scope: `orders:read ${SECRET}` })],
    ['clients[0].scope', trader({ scope: 'orders:read orders:read' })],
    ['clients[0].jwks', trader({ jwks: undefined })],
    ['clients[0].jwks', trader({ jwks: SECRET })],
    ['clients[0].jwks.keys', trader({ jwks: { keys: [] } })],
    ['clients[0].jwks.uri', trader({ jwks: { ...TRADER.jwks, uri: SECRET } })],
    ['clients[1].client_id', second({ client_id: 'trader' })],
    ['clients[1].jwks.keys[0]', second({ jwks: { keys: [SECRET] } })],
    ['resources[1].resource', { resources: [1, 2].map(() => ({ resource: VENUE, scope: TRADER.scope })) }],
    ['redirect_uris', { redirect_uris: [SECRET] }],
  ])('%s %#', (field, changes) => {
    const message = fault(configuration(changes));
    expect(fields(message)).toContain(field);
    expect(message).not.toContain(SECRET);
  });

  it.each([undefined, null, SECRET, 7, []])('the whole of it when it is no object: %#', (value) => {
    expect(fields(fault(value))).toContain('configuration');
    expect(fault(value)).not.toContain(SECRET);
  });

  it('all of them at once, one line each', () => {
    const message = fault(configuration({ dpop_nonce: 'on', resources: [], ...trader({ client_id: '' }) }));
    expect(fields(message).sort()).toEqual(['clients[0].client_id', 'dpop_nonce', 'resources']);
  });

  it('FAPI2-5.4.2-03 two keys of one kid', () => {
    const key = { ...thiefKey.privateJwk, kid: SECRET };
    const message = fault(configuration({ signing_keys: [key, key] }));
    expect(fields(message)).toEqual(['signing_keys[1].kid']);
    expect(message).not.toContain(SECRET);
  });
});

describe('ASM-2-01 an issuer is https, without query, fragment, user or anything that has two spellings', () => {
  it.each([
    ...['https://issuer.example', 'https://issuer.example:8443', 'https://issuer.example/a/b-1_~.x', 'https://[::1]:1'],
  ])('takes %s', (issuer) => {
    expect(fault(configuration({ issuer }))).toBe('accepted');
  });

  it.each([
    ...['', 'issuer.example', 'http://issuer.example', 'https://', 'HTTPS://issuer.example', ' https://issuer.example'],
    ...['https://issuer.example/', 'https://issuer.example/a/', 'https://issuer.example//', 'https:issuer.example'],
    ...['https://issuer.example?a', 'https://issuer.example#a', 'https://issuer.example?', 'https://issuer.example#'],
    ...['https://user@issuer.example', 'https://user:pw@issuer.example', 'https://:pw@issuer.example'],
    ...[
      'https://Issuer.example',
      'https://issuer.example:443',
      'https://issuer.example/a/../b',
      'https:\\\\issuer.example',
    ],
    ...[
      'https://issuer.example\\a',
      'https://issuer.example/a b',
      'https://issuer.example/\ta',
      'https://issuer.example/é',
    ],
  ])('refuses %j', (issuer) => {
    expect(fields(fault(configuration({ issuer })))).toEqual(['issuer']);
  });

  // Both are syntax where paths are routed: the token endpoint would answer under any other name as well
  it.each(['https://issuer.example/:tenant', 'https://issuer.example/*', 'https://issuer.example/%41'])(
    'refuses %s, whose path is a pattern of routes',
    (issuer) => {
      expect(fields(fault(configuration({ issuer })))).toEqual(['issuer']);
    },
  );

  it.each([
    ...[
      'http://mtls.example',
      'https://mtls.example/',
      'https://mtls.example/a',
      'https://mtls.example?a',
      'mtls.example',
    ],
    ...['https://u@mtls.example', 'https://MTLS.example', 'https://mtls.example:443', ''],
  ])('refuses %j as the origin of the aliases', (origin) => {
    expect(fields(fault(configuration({ mtls_origin: origin })))).toEqual(['mtls_origin']);
  });
});

describe('FAPI2-5.3.2.1-03 confidential clients only', () => {
  it.each([
    'none',
    'client_secret_basic',
    'client_secret_post',
    'client_secret_jwt',
    '',
    undefined,
    null,
    'Private_Key_JWT',
  ])('FAPI2-5.3.2.1-06 refuses %s as a way to authenticate', (method) => {
    const message = fault(configuration(trader({ token_endpoint_auth_method: method })));
    expect(fields(message)).toEqual(['clients[0].token_endpoint_auth_method']);
  });
});
