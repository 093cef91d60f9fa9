import { describe, expect, it } from 'vitest';
import { idsOfTitle, isRequirementId, sourceOf } from './requirement-id.ts';

const [METHOD, HEADER, CURVE] = ['DPOP', 'JOSE', 'JKT'].map((prefix) => `${prefix}-`);

describe('a requirement id', () => {
  it.each([
    [`${METHOD}4.3-08`, 'RFC 9449 §4.3'],
    [`${HEADER}7515-4.1.11-01`, 'RFC 7515 §4.1.11'],
    [`${CURVE}3.2.1-01`, 'RFC 7638 §3.2.1'],
    [`${CURVE}8037-2-01`, 'RFC 8037 §2'],
    ['CA-bis-02', 'draft-ietf-oauth-rfc7523bis'],
  ])('%j is one, of %s', (id, source) => {
    expect([isRequirementId(id), sourceOf(id)]).toEqual([true, source]);
  });

  it.each(['4.3-8', '4.3-008', '4.3', '4..3-08', '4.3.-08', '04.3-08', '4.3-08a', '4.3_08', ' 4.3-08'])(
    'is none with %j',
    (rest) => {
      expect(isRequirementId(METHOD + rest)).toBe(false);
    },
  );

  it.each(['dpop-4.3-08', 'DPoP-4.3-08', 'XPOP-4.3-08', 'CVE-2024-49', '4.3-08', ''])('%j is none', (text) => {
    expect(isRequirementId(text)).toBe(false);
  });
});

describe('the addresses of a title', () => {
  const id = `${METHOD}4.3-08`;
  const other = 'MTLS-3-02';

  it.each<[string, string[], string[]]>([
    [`${id}: refuses`, [id], []],
    [`${id}, ${other}: refuses`, [id, other], []],
    [`${id} ${other} refuses`, [id, other], []],
    [
      `C064 N8 ${id} CVE-2024-49755 keycloak#38333 a/b.c#384 GHSA-gv94-wp4h-vv8p ${other} refuses`,
      [id, other],
      ['C064'],
    ],
    [`${id} C033 C034 of a hundred`, [id], ['C033', 'C034']],
    ['C033: refuses', [], ['C033']],
    [id, [id], []],
    ['refuses', [], []],
    ['DPoP over HTTP/2', [], []],
    ['a C4 cannon', [], []],
  ])('%j', (title, ids, checks) => {
    expect(idsOfTitle(title)).toEqual({ ids, checks, strays: [] });
  });

  it.each([
    [`refuses by ${id}`, id],
    [`RFC 9449 ${id} refuses`, id],
    ['DPoP-4.3-08 refuses', 'DPoP-4.3-08'],
    [`${METHOD}4.3-8: refuses`, `${METHOD}4.3-8`],
    [`${id}/${other} refuses`, `${id}/${other}`],
    ['refuses by C033', 'C033'],
    ['C33 refuses', 'C33'],
    ['c033 refuses', 'c033'],
  ])('leave a stray in %j', (title, stray) => {
    expect(idsOfTitle(title).strays).toEqual([stray]);
  });
});
