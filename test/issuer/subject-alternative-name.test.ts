import { describe, expect, it } from 'vitest';
import { certificate, rawAlternativeNames, type x509 } from './certificates.ts';
import { createScene, expectRefusal, expectToken } from './scene.ts';

type Form = 'dns' | 'uri' | 'ip' | 'email';

const CLIENT = { client_id: 'pki', token_endpoint_auth_method: 'tls_client_auth', scope: 'orders:read' };

async function present(form: Form, registered: string, der: Uint8Array): Promise<boolean> {
  const scene = await createScene({ clients: [{ ...CLIENT, [`tls_client_auth_san_${form}`]: registered }] });
  const answer = await scene.send({ form: { client_id: 'pki' }, certificate: der, certificateTrusted: true });
  if (answer.status === 200) expectToken(answer);
  else expectRefusal(answer, 'invalid_client', 'client_certificate_mismatch');
  return answer.status === 200;
}

const TYPE = { dns: 'dns', uri: 'url', ip: 'ip', email: 'email' } as const;

async function matches(form: Form, registered: string, ...names: string[]): Promise<boolean> {
  const general = names.map((value) => ({ type: TYPE[form], value })) as x509.JsonGeneralNames;
  return present(form, registered, await certificate({ subject: [{ CN: 'trader' }], names: general }));
}

describe('RFC 8705 §2.1.2 subject alternative names', () => {
  it.each<[Form, string, string]>([
    ['dns', 'trader.example', 'trader.example'],
    ['dns', 'trader.example', 'TRADER.Example'],
    ['dns', 'xn--hndler-bua.example', 'xn--hndler-bua.example'],
    ['uri', 'spiffe://example/trader', 'spiffe://example/trader'],
    ['uri', 'urn:uuid:1', 'urn:uuid:1'],
    ['email', 'trader@example.com', 'trader@example.com'],
    ['ip', '192.0.2.7', '192.0.2.7'],
    ['ip', '2001:db8::7', '2001:db8::7'],
  ])('MTLS-2.1-01 %s %s is %s', async (form, registered, name) => {
    expect(await matches(form, registered, name)).toBe(true);
    expect(await matches(form, registered, 'other.example' === name ? 'x' : other[form], name)).toBe(true);
  });
  const other = { dns: 'other.example', uri: 'spiffe://example/other', email: 'other@example.com', ip: '192.0.2.8' };

  it.each<[Form, string, string]>([
    ['dns', 'trader.example', '*.example'],
    ['dns', '*.example', 'trader.example'],
    ['dns', 'trader.example', 'a.trader.example'],
    ['dns', 'a.trader.example', 'trader.example'],
    ['dns', 'trader.example', 'trader.example.'],
    ['dns', 'trader.example', 'trader.example\0.evil.example'],
    ['dns', 'trader.example', 'evil.example\0trader.example'],
    ['dns', 'trader.example', 'trader.example '],
    ['uri', 'spiffe://example/trader', 'spiffe://example/trader/'],
    ['uri', 'spiffe://example/trader', 'spiffe://example/Trader'],
    ['uri', 'spiffe://example/trader', 'spiffe://EXAMPLE/trader'],
    ['uri', 'spiffe://example/trader', 'spiffe://example/trader\0'],
    ['email', 'trader@example.com', 'Trader@example.com'],
    ['email', 'trader@example.com', 'trader@example.com\0'],
    ['email', 'trader@example.com', 'a.trader@example.com'],
    ['ip', '192.0.2.7', '192.0.2.70'],
    ['ip', '192.0.2.7', '192.0.2.0/24'],
    ['ip', '192.0.2.7', '::ffff:192.0.2.7'],
    ['ip', '2001:db8::7', '2001:db8::70'],
    ['ip', '2001:db8::7', '2001:db8::/32'],
  ])('MTLS-7.5-02 %s %s is not %j', async (form, registered, name) => {
    expect(await matches(form, registered, name)).toBe(false);
  });

  it.each([
    ['::1', '0:0:0:0:0:0:0:1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0db8::0001', '2001:db8::1'],
    ['::', '0:0:0:0:0:0:0:0'],
    ['::ffff:192.0.2.7', '::ffff:c000:207'],
    ['::ffff:c000:207', '::ffff:c000:207'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['fe80::', 'fe80:0:0:0:0:0:0:0'],
    ['1:2:3:4:5:6:7:0', '1:2:3:4:5:6:7:0'],
    ['1::8:0:0:0', '1:0:0:0:8:0:0:0'],
  ])('MTLS-2.1.2-02 the address %s is %s', async (registered, name) => {
    expect(await matches('ip', registered, name)).toBe(true);
  });

  it('the form counts: a value of one form is none of another', async () => {
    const names: x509.JsonGeneralNames = [
      { type: 'url', value: 'trader.example' },
      { type: 'email', value: 'trader.example' },
      { type: 'dn', value: 'CN=trader.example' },
      { type: 'id', value: '1.2.3' },
    ];
    const der = await certificate({ subject: [{ CN: 'trader.example' }], names });
    expect(await present('dns', 'trader.example', der)).toBe(false);
    expect(await present('uri', 'trader.example', der)).toBe(true);
    expect(await present('uri', '1.2.3', der)).toBe(false);
  });

  it('the common name is none', async () => {
    expect(await present('dns', 'trader', await certificate({ subject: [{ CN: 'trader' }] }))).toBe(false);
  });

  it.each<[string, string]>([
    ['no sequence', '0500'],
    ['an empty sequence', '3000'],
    ['a cut sequence', '30820100'],
    ['nothing', ''],
    ['text', '74726164657200'],
    ['an address of three octets', '30058703010203'],
    ['an unknown form', '30038a0100'],
    ['an indefinite length', '3080820174000'.padEnd(14, '0')],
    ['a huge length', '3084ffffffff'],
  ])('MTLS-7.5-02 an extension that holds %s has no name, and is no fault of ours', async (_name, hex) => {
    const extensions = [rawAlternativeNames(Buffer.from(hex, 'hex'))];
    const der = await certificate({ subject: [{ CN: 'trader' }], extensions });
    for (const [form, value] of Object.entries(other)) expect(await present(form as Form, value, der)).toBe(false);
  });

  it.each(['', '00', '3000', '30820100', 'ff'.repeat(64)])(
    'octets that are no certificate have no name: %s',
    async (hex) => {
      expect(await present('dns', 'trader.example', Buffer.from(hex, 'hex'))).toBe(false);
    },
  );
});
