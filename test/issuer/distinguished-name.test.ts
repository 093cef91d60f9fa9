import { describe, expect, it } from 'vitest';
import { certificate, type Named, type RelativeName, type TaggedValue } from './certificates.ts';
import { createScene, expectRefusal, expectToken } from './scene.ts';

/** Whether a client registered under `registered` is let in with a certificate of this subject. */
async function matches(registered: string, subject: readonly RelativeName[], more: Named = {}): Promise<boolean> {
  const client = { client_id: 'pki', token_endpoint_auth_method: 'tls_client_auth', scope: 'orders:read' };
  const scene = await createScene({ clients: [{ ...client, tls_client_auth_subject_dn: registered }] });
  const answer = await scene.send({
    form: { client_id: 'pki' },
    certificate: await certificate({ subject, ...more }),
    certificateTrusted: true,
  });
  if (answer.status === 200) expectToken(answer);
  else expectRefusal(answer, 'invalid_client', 'client_certificate_mismatch');
  return answer.status === 200;
}

const PRINTABLE = 0x13;
const FUND: readonly RelativeName[] = [
  { C: { tag: PRINTABLE, octets: Buffer.from('DE') } },
  { O: 'Fund' },
  { CN: 'trader' },
];

describe('MTLS-2.1-02 a distinguished name', () => {
  it('is written last name first, as RFC 4514 says, and that order is the name', async () => {
    expect(await matches('CN=trader,O=Fund,C=DE', FUND)).toBe(true);
    for (const other of [
      'C=DE,O=Fund,CN=trader',
      'O=Fund,CN=trader,C=DE',
      'CN=trader,O=Fund',
      'O=Fund,C=DE',
      'CN=trader',
    ]) {
      expect([other, await matches(other, FUND)]).toEqual([other, false]);
    }
  });

  it('is the whole name: nothing more, nothing less, nothing twice', async () => {
    for (const other of [
      'CN=trader,O=Fund,C=DE,DC=x',
      'CN=trader,CN=trader,O=Fund,C=DE',
      'OU=x,CN=trader,O=Fund,C=DE',
    ]) {
      expect([other, await matches(other, FUND)]).toEqual([other, false]);
    }
    expect(await matches('CN=trader', [{ CN: 'trader' }, { CN: 'trader' }])).toBe(false);
    expect(await matches('CN=trader', [])).toBe(false);
    expect(await matches('CN=trade', [{ CN: 'trader' }])).toBe(false);
    expect(await matches('CN=*', [{ CN: 'trader' }])).toBe(false);
  });

  it.each<[string, string]>([
    ['CN=TRADER, O=fund, C=de', 'letter case and space after the comma'],
    ['cn=trader,o=Fund,c=DE', 'letter case of the types'],
    ['2.5.4.3=trader,2.5.4.10=Fund,2.5.4.6=DE', 'types by number'],
    ['CN=\\74\\72\\61\\64\\65\\72,O=Fund,C=DE', 'escaped octets'],
    ['CN=trader ,O=  Fund,C=DE', 'space around a value'],
    ['CN=ｔｒａｄｅｒ,O=Fund,C=DE', 'compatible forms of letters'],
  ])('is the same in another spelling: %s (%s)', async (registered) => {
    expect(await matches(registered, FUND)).toBe(true);
  });

  const utf16 = (text: string) => Buffer.from(text, 'utf16le').swap16();
  const utf32 = (text: string) => Buffer.from([...text].flatMap((each) => [0, 0, 0, each.charCodeAt(0)]));
  it.each<[string, TaggedValue]>([
    ['UTF8String', { tag: 0x0c, octets: Buffer.from('trader') }],
    ['PrintableString', { tag: PRINTABLE, octets: Buffer.from('trader') }],
    ['TeletexString', { tag: 0x14, octets: Buffer.from('trader') }],
    ['IA5String', { tag: 0x16, octets: Buffer.from('trader') }],
    ['UniversalString', { tag: 0x1c, octets: utf32('trader') }],
    ['BMPString', { tag: 0x1e, octets: utf16('trader') }],
  ])('is the same in a %s', async (_name, value) => {
    expect(await matches('CN=trader', [{ CN: value }])).toBe(true);
    expect(await matches('CN=traitor', [{ CN: value }])).toBe(false);
  });

  it.each<[string, string]>([
    ['CN=Smith\\, John', 'Smith, John'],
    ['CN=Smith\\2C John', 'Smith, John'],
    ['CN=a\\+b\\;c\\<d\\>e\\"f\\\\g', 'a+b;c<d>e"f\\g'],
    ['CN=\\#1', '#1'],
    ['CN=a=b', 'a=b'],
    ['CN=a\\=b', 'a=b'],
    ['CN=Lu\\C4\\8Di\\C4\\87', 'Lučić'],
    ['CN=Lučić', 'Lučić'],
    ['CN=Lučić', 'Lučić'.normalize('NFD')],
    ['CN=交易員', '交易員'],
    ['CN=\\F0\\9F\\92\\B6', '💶'],
    ['CN=a  b', 'a b'],
    ['CN=a\\  b', 'a   b'],
  ])('%s is the value %j', async (registered, value) => {
    expect(await matches(registered, [{ CN: value }])).toBe(true);
  });

  it.each<[string, readonly RelativeName[]]>([
    ['CN=trader,O=Fund', [{ CN: 'trader,O=Fund' }]],
    ['CN=trader,O=Fund', [{ O: 'Fund,CN=trader' }]],
    ['CN=trader,O=Fund', [{ CN: 'trader"],["2.5.4.10=Fund' }]],
    ['CN=trader,O=Fund', [{ O: 'Fund', CN: 'trader' }]],
    ['CN=trader+O=Fund', [{ O: 'Fund' }, { CN: 'trader' }]],
    ['CN=trader', [{ CN: 'trader\0' }]],
    ['CN=trader', [{ CN: 'trader\0.evil' }]],
    ['CN=trader', [{ CN: 'evil\0trader' }]],
    ['CN=trader', [{ CN: 'tràder' }]],
    ['CN=trader', [{ CN: 'trаder' }]], // the third letter is Cyrillic
    ['CN=trader', [{ OU: 'trader' }]],
    ['CN=trader', [{ CN: '\u202Eredart' }]],
    ['CN=2.5.4.3=trader', [{ CN: 'trader' }]],
    ['CN=trader', [{ CN: '2.5.4.3=trader' }]],
    ['CN=undefined', [{ CN: '' }]],
    ['CN=[object Object]', [{ CN: '' }]],
  ])('%s is not %j', async (registered, subject) => {
    expect(await matches(registered, subject)).toBe(false);
  });

  it('several attributes in one relative name have no order', async () => {
    const both: readonly RelativeName[] = [{ O: 'Fund' }, { UID: '7', CN: 'trader' }];
    expect(await matches('CN=trader+UID=7,O=Fund', [{ O: 'Fund' }, { CN: 'trader', UID: '7' }])).toBe(true);
    for (const registered of ['CN=trader+UID=7,O=Fund', 'UID=7+CN=trader,O=Fund', 'uid=7 + cn=trader, O=Fund']) {
      expect([registered, await matches(registered, both)]).toEqual([registered, true]);
    }
    for (const registered of [
      'CN=trader,O=Fund',
      'CN=trader,UID=7,O=Fund',
      'CN=trader+UID=7',
      'CN=7+UID=trader,O=Fund',
    ]) {
      expect([registered, await matches(registered, both)]).toEqual([registered, false]);
    }
  });

  it.each<[string, readonly RelativeName[]]>([
    ['OU=example+DC=trader', [{ DC: 'trader', OU: 'example' }]],
    ['emailAddress=trader@example.com', [{ emailAddress: { tag: 0x16, octets: Buffer.from('Trader@example.com') } }]],
    ['2.5.4.97=PSDDE-BAFIN-1', [{ '2.5.4.97': 'PSDDE-BAFIN-1' }]],
    ['organizationIdentifier=PSDDE-BAFIN-1', [{ '2.5.4.97': 'PSDDE-BAFIN-1' }]],
    [
      'serialNumber=7,L=Wien,ST=W,street=A 1,GIVENNAME=a,SN=b,title=c',
      [
        { '2.5.4.12': 'c' },
        { '2.5.4.4': 'b' },
        { '2.5.4.42': 'a' },
        { '2.5.4.9': 'A 1' },
        { '2.5.4.8': 'W' },
        { '2.5.4.7': 'Wien' },
        { '2.5.4.5': '7' },
      ],
    ],
  ])('knows the type names of %s', async (registered, subject) => {
    expect(await matches(registered, subject)).toBe(true);
  });

  it('a value that is no string is not the text of its octets', async () => {
    // NumericString "7", whose DER in hex is 120137
    const subject: readonly RelativeName[] = [{ CN: { tag: 0x12, octets: Buffer.from('7') } }];
    expect(await matches('CN=120137', subject)).toBe(false);
    expect(await matches('CN=\\#120137', subject)).toBe(false);
  });

  it('is taken from the subject, never from the issuer or an alternative name', async () => {
    const names: Named['names'] = [
      { type: 'dn', value: 'CN=trader' },
      { type: 'dns', value: 'trader' },
    ];
    expect(await matches('CN=trader', [{ CN: 'thief' }], { names })).toBe(false);
  });
});
