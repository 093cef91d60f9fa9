import { randomBytes } from 'node:crypto';
import type { HttpMessage } from '@holdfast/proof';
import type { Certified } from '../../scene/certified.ts';
import { anonymousRequest, bearerRequest, mtlsRequest } from '../../scene/request.ts';
import { goodRequest, type Scene } from '../../scene/scene.ts';
import type { Requests } from './bad-proofs.ts';
import { at } from './signed-pool.ts';

/** Nobody's signature: that is looked for first under the keys of the issuer. */
export function ofUnknownKid(scene: Scene): Requests {
  return withTokens(scene, (token) => changed(token, 'header', { kid: 'issuer-2' }));
}

/** Whose signature it has does not matter: no keys of such an issuer are known. */
export function ofAnotherIssuer(scene: Scene): Requests {
  return withTokens(scene, (token) => changed(token, 'payload', { iss: 'https://other.example' }));
}

/** Nothing secret is needed for one: neither a token of anybody nor a signature that is good. */
export function forged(scene: Scene): Requests {
  return withTokens(scene, (token) => {
    const segments = token.split('.');
    return segments.with(2, randomBytes(64).toString('base64url')).join('.');
  });
}

/** Tokens that were good a second ago. */
export async function ended(scene: Scene): Promise<Requests> {
  const tokens = new Map<string, string>();
  for (const { key, token } of scene.clients) tokens.set(token, await scene.issuer.token({ jkt: key.jkt }, -1));
  return withTokens(scene, (token) => tokens.get(token) ?? '');
}

/** Each client with another token instead of its own, and a good proof for that. */
function withTokens({ clients, nonce }: Scene, instead: (token: string) => string): Requests {
  const thieves = clients.map(({ signer, token }) => ({ signer, token: instead(token) }));
  return async (count) => {
    const current = await nonce();
    const made: HttpMessage[] = [];
    for (let i = 0; i < count; i += 1) made.push(await goodRequest(at(thieves, i), current));
    return made;
  };
}

/** With other members in a segment, and the signature that it had. */
function changed(token: string, part: 'header' | 'payload', members: object): string {
  const segments = token.split('.');
  const at = part === 'header' ? 0 : 1;
  const said = JSON.parse(Buffer.from(segments[at] ?? '', 'base64url').toString()) as object;
  return segments.with(at, Buffer.from(JSON.stringify({ ...said, ...members })).toString('base64url')).join('.');
}

export function anonymous(count: number): HttpMessage[] {
  return Array.from({ length: count }, () => anonymousRequest());
}

/** RFC 9449 §7.2: the downgrade. */
export function asBearer({ nextClient }: Scene): Requests {
  return (count) => Array.from({ length: count }, () => bearerRequest(nextClient().token));
}

export function withoutCertificate({ clients }: Certified): Requests {
  return (count) => Array.from({ length: count }, (_, i) => bearerRequest(at(clients, i).token));
}

/** A stolen token, by a connection whose certificate the same authority has issued. */
export function withAnotherCertificate({ clients }: Certified): Requests {
  return (count) =>
    Array.from({ length: count }, (_, i) =>
      mtlsRequest(at(clients, i).token, Uint8Array.from(at(clients, i + 1).certificate)),
    );
}
