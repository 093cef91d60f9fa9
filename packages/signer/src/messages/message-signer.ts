import { X509Certificate } from 'node:crypto';
import { ath, importKey, type ProofKey, type SignedRequest, signRequest, x5tS256 } from '@holdfast/proof';
import type { Credentials } from '../identity.ts';

/** What of a request is signed, beside its method and its URL. */
export interface Message {
  readonly method: string;
  readonly url: string;
  /** By names in lower case, with authorization and, where it is the proof, dpop. */
  readonly fields: Readonly<Record<string, string>>;
  readonly accessToken: string;
  readonly content: string | Uint8Array | undefined;
  /** NumericDate, by the clock of the server. */
  readonly created: number;
}

/** A request with its signature: the fields to add, and all that a signed answer refers to. */
export interface SignedMessage {
  readonly fields: Readonly<Record<string, string>>;
  readonly request: SignedRequest;
}

/** Signs requests with the key that the tokens of a client are bound to: FAPI 2.0 HTTP Signatures §5.3.1.1. */
export interface MessageSigner {
  sign(message: Message): Promise<SignedMessage>;
}

/**
 * `evidence`: with a second signature, by which a record of the request can be checked without the token. The first
 * signature by a certificate reads its key, and throws `key_unusable` when that signs nothing.
 */
export function createMessageSigner({ binding, tls }: Credentials, evidence: boolean): MessageSigner {
  let held: Promise<Held> | undefined;
  const hold = () => {
    held ??= binding.method === 'dpop' ? Promise.resolve(byKey(binding.key)) : byCertificate(tls);
    return held;
  };
  return {
    async sign({ method, url, fields: given, accessToken, content, created }) {
      const headers = Object.entries(unsigned(given)).flat();
      const [targetUri = url] = url.split('#', 1);
      const more = evidence ? { evidence: { ath: ath(accessToken) } } : {};
      const request = { method, targetUri, headers };
      const body = content === undefined ? {} : { content };
      const fields = await signRequest({ ...request, ...body }, { ...(await hold()), created, ...more });
      return { fields, request: { ...request, headers: [...headers, ...Object.entries(fields).flat()] } };
    },
  };
}

const OURS = ['content-digest', 'signature', 'signature-input'];

/** Without fields that are the signature's to set, whatever the caller put there. */
export function unsigned(fields: Message['fields']): Message['fields'] {
  if (!OURS.some((name) => name in fields)) return fields;
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !OURS.includes(name)));
}

interface Held {
  readonly key: ProofKey;
  readonly keyid: string;
}

function byKey(key: ProofKey): Held {
  return { key, keyid: key.jkt };
}

async function byCertificate({ cert, key }: Credentials['tls']): Promise<Held> {
  return { key: await importKey(String(key)), keyid: x5tS256(new X509Certificate(cert ?? '').raw) };
}
