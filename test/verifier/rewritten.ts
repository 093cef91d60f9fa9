import { base64url, type Key, signed } from './forge.ts';
import type { Scene } from './scene.ts';

/** The two JWTs of a request. */
export const JWTS = ['proof', 'token'] as const;
export type Jwt = (typeof JWTS)[number];

/** How a good JWT is written anew before its own key signs it, octet by octet. */
export interface Rewriting {
  /** The JSON text of the header, or octets that are none. */
  readonly header?: (text: string) => string | Uint8Array;
  readonly payload?: (text: string) => string | Uint8Array;
  /** The segments that are signed: header and payload, already in base64url. */
  readonly segment?: { readonly of: 'header' | 'payload'; readonly respell: (segment: string) => string };
  /** The signature, once it is there. */
  readonly signature?: (segment: string) => string;
}

/** What becomes of a request that is good but for the way one of its JWTs is written: 'accepted', or the reason code. */
export async function outcomeOf(scene: Scene, jwt: Jwt, rewriting: Rewriting): Promise<string> {
  const good = scene.token();
  const token = jwt === 'token' ? rewrite(good, scene.issuerKey, rewriting) : good;
  const proof = await scene.proof(token);
  return await verdict(scene.send({ token, proof: jwt === 'proof' ? rewrite(proof, scene.client, rewriting) : proof }));
}

export async function verdict(sent: Promise<unknown>): Promise<string> {
  return await sent.then(
    () => 'accepted',
    (error: { code: string }) => error.code,
  );
}

function rewrite(compact: string, key: Key, rewriting: Rewriting): string {
  const same = <T>(value: T): T => value;
  const [header = '', payload = ''] = compact.split('.').map((part) => Buffer.from(part, 'base64url').toString());
  const { of, respell } = rewriting.segment ?? { of: 'header', respell: same };
  const segments = {
    header: base64url((rewriting.header ?? same)(header)),
    payload: base64url((rewriting.payload ?? same)(payload)),
  };
  const spelt = { ...segments, [of]: respell(segments[of]) };
  const [first, second, signature = ''] = signed(key, `${spelt.header}.${spelt.payload}`).split('.');
  return `${first}.${second}.${(rewriting.signature ?? same)(signature)}`;
}
