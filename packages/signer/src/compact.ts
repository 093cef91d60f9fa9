import type { ProofKey } from '@holdfast/proof';

/** One segment of a compact JWS. */
export function segment(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** RFC 7515 §7.1: header segment and payload, signed. */
export async function signCompact(key: ProofKey, header: string, payload: object): Promise<string> {
  const input = `${header}.${segment(payload)}`;
  return `${input}.${Buffer.from(await key.sign(input)).toString('base64url')}`;
}
