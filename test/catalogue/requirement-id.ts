/*
 * A requirement id is specification, section, running number: DPOP-4.3-08. Where a prefix stands for several
 * specifications, the number of the RFC comes before the section: JOSE-7515-4.1.11-01.
 */

/** Specification of each prefix, as a source names it; undefined where the id itself says which RFC it is. */
const SPECIFICATIONS: ReadonlyMap<string, string | undefined> = new Map([
  ['DPOP', 'RFC 9449'],
  ['MTLS', 'RFC 8705'],
  ['JKT', 'RFC 7638'],
  ['AT', 'RFC 9068'],
  ['INTRO', 'RFC 7662'],
  ['JIR', 'RFC 9701'],
  ['REV', 'RFC 7009'],
  ['CA', 'RFC 7523'],
  ['PKCE', 'RFC 7636'],
  ['PAR', 'RFC 9126'],
  ['ISS', 'RFC 9207'],
  ['ASM', 'RFC 8414'],
  ['PRM', 'RFC 9728'],
  ['RI', 'RFC 8707'],
  ['RAR', 'RFC 9396'],
  ['BCP', 'RFC 9700'],
  ['CC', 'RFC 9440'],
  ['SIG', 'RFC 9421'],
  ['DIG', 'RFC 9530'],
  ['FAPI2', 'FAPI 2.0 Security Profile'],
  ['FAPIMS', 'FAPI 2.0 Message Signing'],
  ['FAPISIG', 'FAPI 2.0 HTTP Signatures'],
  ['TSL', 'Token Status List'],
  ['JOSE', undefined],
]);

const PREFIXES = [...SPECIFICATIONS.keys()].join('|');
const ID = new RegExp(`^(${PREFIXES})-(?:([0-9]{4})-)?([1-9][0-9]*(?:\\.[0-9]+)*|bis)-([0-9]{2})$`);
// Whatever a reader would take for an id: in any letter case, with any digits, with a dot or a dash at its end
const LIKE_ID = new RegExp(`^(?:(?:${PREFIXES})-(?:[0-9]|bis)|C[0-9]{2,}$)`, 'i');

// The number of a conformance check
const CHECK = /^C[0-9]{3}$/;

// Other addresses that may stand among the ids at the beginning of a title
const OTHER_ADDRESS =
  /^(?:N[0-9]{1,2}|CVE-[0-9]{4}-[0-9]+|GHSA(?:-[0-9a-z]{4}){3}|[\w.-]+(?:\/[\w.-]+)?#[0-9]+(?:\/#[0-9]+)*)$/;

export function isRequirementId(text: string): boolean {
  return ID.test(text);
}

/** How the source of a requirement begins: `RFC 9449 §4.3` for DPOP-4.3-08. Undefined for what is no id. */
export function sourceOf(id: string): string | undefined {
  const [, prefix = '', rfc, section] = ID.exec(id) ?? [];
  if (section === 'bis') return 'draft-ietf-oauth-rfc7523bis';
  const specification = rfc === undefined ? SPECIFICATIONS.get(prefix) : `RFC ${rfc}`;
  return specification === undefined ? undefined : `${specification} §${section}`;
}

export function isCheck(text: string): boolean {
  return CHECK.test(text);
}

export interface TitleIds {
  readonly ids: readonly string[];
  /** Numbers of conformance checks. */
  readonly checks: readonly string[];
  /** Words that look like an id or a check and are none, and those that stand elsewhere than at the beginning. */
  readonly strays: readonly string[];
}

/** Ids stand at the beginning, one after the other: `DPOP-7.1-02, DPOP-4.1-02: text` or `DPOP-7.1-02 C064 text`. */
export function idsOfTitle(title: string): TitleIds {
  const words = title.split(' ').map((word) => word.replace(/[,:]$/, ''));
  const text = words.findIndex((word) => !isRequirementId(word) && !isCheck(word) && !OTHER_ADDRESS.test(word));
  const [addresses, rest] = text === -1 ? [words, []] : [words.slice(0, text), words.slice(text)];
  return {
    ids: addresses.filter(isRequirementId),
    checks: addresses.filter(isCheck),
    strays: rest.filter((word) => LIKE_ID.test(word)),
  };
}
