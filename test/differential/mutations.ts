import { constants } from 'node:crypto';
import { ALGORITHMS, type Alg, type Key, type Members, type OddKey } from './cast.ts';
import { type Draft, type JwtDraft, type Octets, raw } from './draft.ts';
import { HTU, REQUEST, type RequestChange } from './requests.ts';
import { COMPACT, ENCODINGS, KEY_SPELLINGS, SIGNATURES, SPELLINGS } from './spellings.ts';

/** One change to a good request, as plain data, so that a failing case prints and repeats. */
export type Mutation =
  | { kind: 'member'; of: Part; name: string; value: unknown }
  | { kind: 'number'; of: 'proof payload' | 'token payload'; name: string; offset: number }
  | { kind: 'json'; of: Part; name: string; json: string }
  | { kind: 'twice'; of: Part; name: string; value: unknown; isLast: boolean }
  | { kind: 'spelling'; of: Whole; part: Segment; how: keyof typeof SPELLINGS }
  | { kind: 'octet'; of: Whole; part: Segment; at: number; octet: number }
  | { kind: 'encoding'; of: Whole; part: Segment; how: keyof typeof ENCODINGS }
  | { kind: 'key spelling'; member: string; how: keyof typeof KEY_SPELLINGS; rebind: boolean }
  | { kind: 'key'; whose: 'thief' | 'other algorithm' | OddKey; signs: boolean; rebind: boolean }
  | { kind: 'signature'; of: Whole; how: keyof typeof SIGNATURES | Signing }
  | { kind: 'signature bit'; of: Whole; at: number }
  | { kind: 'character'; of: Whole; at: number; character: string }
  | { kind: 'compact'; of: Whole; how: keyof typeof COMPACT }
  | { kind: 'htu'; how: keyof typeof HTU }
  | { kind: 'nonce'; which: 'current' | 'previous' | 'old' | 'none' | 'random' }
  | { kind: 'used jti' }
  | { kind: 'rebind' }
  | { kind: 'delay'; seconds: number }
  | { kind: 'request'; how: keyof typeof REQUEST };

type Signing = (typeof SIGNINGS)[number];
export type Whole = 'proof' | 'token';
export type Segment = 'header' | 'payload';
export type Part = 'proof header' | 'proof payload' | 'proof jwk' | 'token header' | 'token payload' | 'token cnf';

/** Ways to sign that no algorithm has. */
export const SIGNINGS = ['DER', 'another hash', 'PKCS#1', 'no salt', 'long salt', 'payload only'] as const;

/** Makes the change. What does not apply to this request changes nothing. */
export function mutate<K extends Mutation['kind']>(draft: Draft, mutation: Mutation & { kind: K }): void {
  (APPLY[mutation.kind] as (draft: Draft, mutation: Mutation) => void)(draft, mutation);
}

const APPLY: { readonly [K in Mutation['kind']]: (draft: Draft, mutation: Extract<Mutation, { kind: K }>) => void } = {
  member: (draft, { of, name, value }) => setMember(members(draft, of), name, value),
  json: (draft, { of, name, json }) => setMember(members(draft, of), name, raw(json)),
  number(draft, { of, name, offset }) {
    const payload = members(draft, of);
    if (typeof payload['iat'] === 'number') payload[name] = payload['iat'] + offset;
  },
  twice: repeat,
  spelling: (draft, { of, part, how }) => draft[of].texts[part].push(SPELLINGS[how]),
  octet: (draft, { of, part, at, octet }) => draft[of].texts[part].push((text) => changeOctet(text, at, octet)),
  encoding: (draft, { of, part, how }) => draft[of].segments[part].push(ENCODINGS[how]),
  'key spelling': respellKey,
  key: takeKey,
  signature: (draft, { of, how }) => changeSignature(draft[of], how),
  'signature bit': (draft, { of, at }) => draft[of].signature.push((octets) => flipBit(octets, at)),
  character: (draft, { of, at, character }) =>
    draft[of].compact.push((jwt) => {
      const i = at % Math.max(1, jwt.length);
      return jwt.slice(0, i) + character + jwt.slice(i + 1);
    }),
  compact: (draft, { of, how }) => draft[of].compact.push(COMPACT[how]),
  htu({ proof: { payload } }, { how }) {
    const { htu } = payload;
    if (typeof htu === 'string') payload['htu'] = HTU[how](htu);
  },
  nonce({ proof: { payload }, nonces }, { which }) {
    if (which === 'none') delete payload['nonce'];
    else payload['nonce'] = which === 'random' ? 'AAAAAAAAAAAAAAAAAAAAAA' : nonces[which];
  },
  'used jti': (draft) => setMember(draft.proof.payload, 'jti', draft.usedJti),
  rebind(draft) {
    draft.isRebound = true;
  },
  delay(draft, { seconds }) {
    draft.delay += seconds;
  },
  request: (draft, { how }) => changeRequest(draft, REQUEST[how]),
};

function members(draft: Draft, of: Part): Members {
  const parts: Record<Part, unknown> = {
    'proof header': draft.proof.header,
    'proof payload': draft.proof.payload,
    'proof jwk': draft.proof.header['jwk'],
    'token header': draft.token.header,
    'token payload': draft.token.payload,
    'token cnf': draft.token.payload['cnf'],
  };
  const found = parts[of];
  return typeof found === 'object' && found !== null ? (found as Members) : {};
}

function setMember(of: Members, name: string, value: unknown): void {
  if (value === undefined) delete of[name];
  else of[name] = value;
}

// In the text of the whole part, so that JSON.parse sees the name twice; the last one counts (RFC 8259 §4 leaves it open)
function repeat(draft: Draft, { of, name, value, isLast }: Extract<Mutation, { kind: 'twice' }>): void {
  const whole = of.startsWith('proof') ? draft.proof : draft.token;
  const part = of.endsWith('payload') || of.endsWith('cnf') ? 'payload' : 'header';
  const member = `${JSON.stringify(name)}:${JSON.stringify(value ?? null)}`;
  whole.texts[part].push((text) => {
    const json = text.toString();
    return isLast ? json.replace(/\}$/, `,${member}}`) : json.replace(/^\{/, `{${member},`);
  });
}

function changeOctet(text: Octets, at: number, octet: number): Octets {
  const octets = Buffer.from(text as string);
  if (octets.length > 0) octets[at % octets.length] = octet;
  return octets;
}

function respellKey(draft: Draft, { member, how, rebind }: Extract<Mutation, { kind: 'key spelling' }>): void {
  const jwk = members(draft, 'proof jwk');
  const value = jwk[member];
  if (typeof value === 'string') jwk[member] = KEY_SPELLINGS[how](value);
  if (rebind) draft.isRebound = true;
}

function takeKey(draft: Draft, { whose, signs, rebind }: Extract<Mutation, { kind: 'key' }>): void {
  const { proof } = draft;
  const key = anotherKey(draft, whose);
  proof.header['jwk'] = { ...key.jwk };
  if (signs) {
    proof.key = key;
    proof.header['alg'] = key.alg;
    proof.signing = {}; // it was meant for the other key
  }
  if (rebind) draft.isRebound = true;
}

function anotherKey({ proof: { key }, cast }: Draft, whose: Extract<Mutation, { kind: 'key' }>['whose']): Key {
  if (whose === 'thief') return cast.thieves[key.alg];
  if (whose !== 'other algorithm') return cast.oddKeys[whose];
  return cast.clients[ALGORITHMS[(ALGORITHMS.indexOf(key.alg) + 1) % ALGORITHMS.length] as Alg];
}

function changeSignature(jwt: JwtDraft, how: keyof typeof SIGNATURES | Signing): void {
  if (how in SIGNATURES) jwt.signature.push(SIGNATURES[how as keyof typeof SIGNATURES]);
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING };
  const isRsa = jwt.key.alg.startsWith('PS');
  const isEc = jwt.key.alg.startsWith('ES');
  const otherHash = jwt.key.alg.endsWith('256') ? 'sha384' : 'sha256';
  if (how === 'DER' && isEc) jwt.signing = { options: { dsaEncoding: 'der' } };
  if (how === 'another hash' && (isEc || isRsa)) jwt.signing = { digest: otherHash };
  if (how === 'PKCS#1' && isRsa) jwt.signing = { options: {} };
  if (how === 'no salt' && isRsa) jwt.signing = { options: { ...pss, saltLength: 0 } };
  if (how === 'long salt' && isRsa) jwt.signing = { options: { ...pss, saltLength: 200 } };
  if (how === 'payload only') jwt.signing = { input: (input) => input.split('.')[1] ?? '' };
}

function flipBit(octets: Buffer, at: number): Buffer {
  const changed = Buffer.from(octets);
  const octet = (at >> 3) % Math.max(1, changed.length);
  if (changed.length > 0) changed[octet] = (changed[octet] ?? 0) ^ (1 << (at & 7));
  return changed;
}

function changeRequest(draft: Draft, { method, target, headers }: RequestChange): void {
  if (method !== undefined) draft.method = method(draft.method);
  if (target !== undefined) draft.target = target(draft.target);
  if (headers !== undefined) draft.headers.push(headers);
}
