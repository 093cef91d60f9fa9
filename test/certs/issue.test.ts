import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import {
  type Credential,
  createAuthority,
  issueClient,
  issueServer,
  loadAuthority,
  selfSignClient,
} from '@holdfast/certs-scripts';
import { beforeAll, describe, expect, it } from 'vitest';

const now = new Date('2031-05-06T07:08:09.876Z');
const serverAuth = '1.3.6.1.5.5.7.3.1';
const clientAuth = '1.3.6.1.5.5.7.3.2';

// The critical extensions as DER: OID, TRUE, OCTET STRING. node:crypto does not show these.
const CA_TRUE = '0603551d130101ff040530030101ff';
const CA_FALSE = '0603551d130101ff04023000';
const SIGNS_CERTIFICATES_AND_CRLS = '0603551d0f0101ff040403020106';
const SIGNS_DIGITALLY = '0603551d0f0101ff040403020780';
const SUBJECT_KEY_IDENTIFIER = '0603551d0e0416';
const AUTHORITY_KEY_IDENTIFIER = '0603551d2304183016';

let authority: Awaited<ReturnType<typeof createAuthority>>;
beforeAll(async () => {
  authority = await createAuthority({ commonName: 'Test Authority', now });
});

describe('createAuthority', () => {
  it('makes a self-signed P-256 root that may sign certificates', () => {
    const root = read(authority);
    expect(root.subject).toBe('CN=Test Authority');
    expect(root.ca).toBe(true);
    expect(root.checkIssued(root)).toBe(true);
    expect(root.verify(root.publicKey)).toBe(true);
    expect(root.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expectExtensions(authority, [CA_TRUE, SIGNS_CERTIFICATES_AND_CRLS, SUBJECT_KEY_IDENTIFIER]);
  });

  it('lives 90 days unless told otherwise', async () => {
    expect(read(authority).validToDate).toEqual(new Date('2031-08-04T07:08:09Z'));
    const short = await createAuthority({ commonName: 'Short', now, days: 2 });
    expect(read(short).validToDate).toEqual(new Date('2031-05-08T07:08:09Z'));
  });
});

describe('loadAuthority', () => {
  it('takes what createAuthority gave, and issues under the same root', async () => {
    const { certificate, key } = authority;
    const loaded = await loadAuthority({ certificate, key });
    expect(loaded.certificate).toBe(certificate);
    expect(createPrivateKey(loaded.key).equals(createPrivateKey(key))).toBe(true);
    expectIssued(await issueClient(loaded, { commonName: 'client', now, days: 1 }));
  });

  it('refuses a key of another authority, a leaf, and what is no PEM', async () => {
    const other = await createAuthority({ commonName: 'Test Authority', now });
    const leaf = await selfSignClient({ commonName: 'client', now, days: 1 });
    const { certificate, key } = authority;
    for (const kept of [{ certificate, key: other.key }, leaf, { certificate: '', key }]) {
      await expect(loadAuthority(kept)).rejects.toMatchObject({ code: 'authority_invalid' });
    }
  });
});

describe('issueServer', () => {
  it('names hosts and addresses in the subjectAltName', async () => {
    const names = { dnsNames: ['localhost', '*.example.test'], ipAddresses: ['127.0.0.1', '::1'] };
    const server = await issueServer(authority, { ...names, now, days: 10 });
    const leaf = expectIssued(server);
    expect(leaf.subjectAltName).toBe(
      'DNS:localhost, DNS:*.example.test, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    );
    expect(leaf.checkIP('::1')).toBe('::1');
    expect(leaf.keyUsage).toEqual([serverAuth]);
    expect(leaf.ca).toBe(false);
    expectExtensions(server, [CA_FALSE, SIGNS_DIGITALLY, SUBJECT_KEY_IDENTIFIER, AUTHORITY_KEY_IDENTIFIER]);
  });

  it('refuses to make one without a name', async () => {
    await expect(issueServer(authority, { now, days: 1 })).rejects.toThrow(TypeError);
  });
});

describe('issueClient', () => {
  it('carries the subject and every kind of name that RFC 8705 §2.1.2 can register', async () => {
    const client = await issueClient(authority, {
      commonName: 'trader',
      organization: 'Holdfast Demo',
      dnsNames: ['trader.example'],
      uris: ['https://trader.example/id'],
      emails: ['desk@trader.example'],
      ipAddresses: ['192.0.2.7'],
      now,
      days: 10,
    });
    const leaf = expectIssued(client);
    expect(leaf.subject).toBe('O=Holdfast Demo\nCN=trader');
    expect(leaf.subjectAltName).toBe(
      'DNS:trader.example, IP Address:192.0.2.7, URI:https://trader.example/id, email:desk@trader.example',
    );
    expect(leaf.keyUsage).toEqual([clientAuth]);
    expect(leaf.ca).toBe(false);
    expectExtensions(client, [CA_FALSE, SIGNS_DIGITALLY, SUBJECT_KEY_IDENTIFIER, AUTHORITY_KEY_IDENTIFIER]);
  });

  it('has no subjectAltName without names', async () => {
    const leaf = read(await issueClient(authority, { commonName: 'trader', now, days: 1 }));
    expect(leaf.subjectAltName).toBeUndefined();
  });

  it.each(['a, O=Holdfast Demo', '#0403666f6f', 'a\\, "b" + c=d', 'Zoë'])(
    'keeps %j one common name',
    async (commonName) => {
      const { der } = await issueClient(authority, { commonName, now, days: 1 });
      const value = Buffer.from(commonName);
      const attribute = Buffer.concat([Buffer.from([0x06, 3, 0x55, 4, 3, 0x0c, value.length]), value]);
      expect(Buffer.from(der).includes(attribute)).toBe(true);
      expect(new X509Certificate(der).toLegacyObject().subject.O).toBeUndefined();
    },
  );

  it.each([
    ['an internationalized host', { dnsNames: ['zoë.example'] }],
    ['a host with a space', { dnsNames: ['a b'] }],
    ['an empty host', { dnsNames: [''] }],
    ['an address that is none', { ipAddresses: ['127.0.0.256'] }],
    ['a network', { ipAddresses: ['10.0.0.0/8'] }],
    ['an address with a zone', { ipAddresses: ['fe80::1%eth0'] }],
    ['an empty common name', { commonName: '' }],
    ['no days', { days: 0 }],
    ['a time that is none', { now: new Date(Number.NaN) }],
  ])('refuses %s', async (_, wrong) => {
    const request = { commonName: 'client', now, days: 1, ...wrong };
    await expect(issueClient(authority, request)).rejects.toThrow(TypeError);
  });
});

describe('selfSignClient', () => {
  it('makes a certificate that only its own key vouches for, and that is no authority', async () => {
    const client = await selfSignClient({ commonName: 'alone', now, days: 3 });
    const leaf = read(client);
    expect([leaf.subject, leaf.issuer]).toEqual(['CN=alone', 'CN=alone']);
    expect(leaf.verify(leaf.publicKey)).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.keyUsage).toEqual([clientAuth]);
    expectExtensions(client, [CA_FALSE, SIGNS_DIGITALLY, SUBJECT_KEY_IDENTIFIER]);
  });
});

describe('every certificate', () => {
  it('opens five minutes before now, in whole seconds, and ends after its days', async () => {
    const leaf = read(await issueClient(authority, { commonName: 'client', now, days: 10 }));
    expect(leaf.validFromDate).toEqual(new Date('2031-05-06T07:03:09Z'));
    expect(leaf.validToDate).toEqual(new Date('2031-05-16T07:08:09Z'));
  });

  it('may end after 2049, where RFC 5280 §4.1.2.5 changes the time format', async () => {
    const leaf = read(await issueClient(authority, { commonName: 'client', now, days: 7305 }));
    expect(leaf.validToDate).toEqual(new Date('2051-05-06T07:08:09Z'));
  });

  it('has a positive serial number of up to 128 bits, never the same', async () => {
    const serials = new Set<string>();
    for (let i = 0; i < 20; i++) {
      serials.add(read(await issueClient(authority, { commonName: 'same', now, days: 1 })).serialNumber);
    }
    expect(serials.size).toBe(20);
    // 128 random bits begin with 32 zeros once in 2^32; a serial from a counter or a clock would.
    for (const serial of serials) expect(serial).toMatch(/^[0-9A-F]{24,32}$/);
  });

  it('comes as PEM, as the same DER, and with a PKCS#8 key', async () => {
    const { certificate, der, key } = await issueClient(authority, { commonName: 'client', now, days: 1 });
    expect(new X509Certificate(certificate).raw.equals(der)).toBe(true);
    expect(certificate).toMatch(/^-----BEGIN CERTIFICATE-----\n[^-]+\n-----END CERTIFICATE-----\n$/);
    expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----\n[^-]+\n-----END PRIVATE KEY-----\n$/);
  });
});

function read(credential: Credential): X509Certificate {
  const certificate = new X509Certificate(credential.certificate);
  expect(certificate.checkPrivateKey(createPrivateKey(credential.key))).toBe(true);
  expect(createPublicKey(credential.key).equals(certificate.publicKey)).toBe(true);
  return certificate;
}

function expectIssued(credential: Credential): X509Certificate {
  const certificate = read(credential);
  const root = new X509Certificate(authority.certificate);
  expect(certificate.checkIssued(root)).toBe(true);
  expect(certificate.verify(root.publicKey)).toBe(true);
  return certificate;
}

function expectExtensions(credential: Credential, extensions: readonly string[]): void {
  const der = Buffer.from(credential.der).toString('hex');
  for (const extension of extensions) expect(der).toContain(extension);
}
