import type { ProofKey } from '@holdfast/proof';

/** One segment of a compact JWS. */
export function segment(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** RFC 7515 §7.1: header segment and payload, signed. */
export async function signCompact(key: ProofKey, header: string, payload: object): Promise<string> {
  return signInput(key, `${header}.${segment(payload)}`);
}

/** RFC 7515 §5.1: header and payload segment, signed. A promise only where the key does not sign at once. */
export function signInput(key: ProofKey, input: string): string | Promise<string> {
  const signature = key.sign(input);
  return signature instanceof Uint8Array ? withSignature(input, signature) : signedLater(input, signature);
}

async function signedLater(input: string, signature: Promise<Uint8Array>): Promise<string> {
  return withSignature(input, await signature);
}

function withSignature(input: string, signature: Uint8Array): string {
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
}
