import {
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  randomUUID,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import { fieldValues, type HttpMessage } from '@holdfast/proof';
import { asReceived, METHOD, TARGET } from '../../../scene/request.ts';
import type { Prepare } from '../../case.ts';
import type { Peer } from './peer.ts';

/** How the holder of a key signs, and how the venue tells that it was them. */
interface Scheme {
  /** A key pair, or a secret that both have. */
  keys(): { readonly signing: KeyObject; readonly verifying: KeyObject };
  sign(text: string, body: Buffer, key: KeyObject): string;
  matches(signature: string, text: string, body: Buffer, key: KeyObject): boolean;
}

/** What most exchanges have their traders do. */
export const HMAC: Scheme = {
  keys() {
    const secret = createSecretKey(randomBytes(32));
    return { signing: secret, verifying: secret };
  },
  sign: (text, body, key) => createHmac('sha256', key).update(text).update(body).digest('hex'),
  matches(signature, text, body, key) {
    const [given, own] = [Buffer.from(signature, 'hex'), createHmac('sha256', key).update(text).update(body).digest()];
    return given.length === own.length && timingSafeEqual(given, own);
  },
};

/** What the careful ones offer beside it. */
export const ED25519: Scheme = {
  keys() {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    return { signing: privateKey, verifying: publicKey };
  },
  sign: (text, body, key) => sign(null, signed(text, body), key).toString('base64'),
  matches: (signature, text, body, key) => verify(null, signed(text, body), key, Buffer.from(signature, 'base64')),
};
const signed = (text: string, body: Buffer) => Buffer.concat([Buffer.from(text), body]);

const WINDOW = 5000; // ms that a request is good for
const BODY = Buffer.alloc(96, '{"order":"as long as ours"}'); // what the other requests announce

interface Received extends HttpMessage {
  readonly body: Buffer;
}

/**
 * An API key as exchanges have it: the key's id, the time in ms and a signature over time, method, path and body. The venue
 * looks the key up, refuses what is older than five seconds, and remembers nothing.
 */
export async function openReference(scheme: Scheme): Promise<Peer<Received>> {
  const traders = Array.from({ length: 100 }, () => ({ id: randomUUID(), ...scheme.keys() }));
  const keys = new Map<string, KeyObject>(traders.map(({ id, verifying }) => [id, verifying]));
  let turn = 0;
  return {
    async messages(count) {
      const made: HttpMessage[] = [];
      for (; made.length < count; turn += 1) {
        const trader = traders[turn % traders.length];
        if (trader !== undefined) made.push(order(scheme, trader.id, trader.signing));
      }
      return made;
    },
    receive: (message) => ({ ...message, body: BODY }),
    async check({ method, target, body, ...message }) {
      const [id = ''] = fieldValues(message, 'x-api-key');
      const [time = ''] = fieldValues(message, 'x-timestamp');
      const [signature = ''] = fieldValues(message, 'x-signature');
      const key = keys.get(id);
      if (key === undefined) throw new Error('an unknown key');
      if (!(Math.abs(Date.now() - Number(time)) <= WINDOW)) throw new Error('too old');
      if (!scheme.matches(signature, time + method + target, body, key)) throw new Error('another signature');
    },
  };
}

function order(scheme: Scheme, id: string, key: KeyObject): HttpMessage {
  const usual = ['Host', 'venue.example', 'User-Agent', 'bench', 'Accept', 'application/json', 'Content-Length', '96'];
  const headers = [...usual, ...signedFields(scheme, id, key)].map(asReceived);
  return { method: METHOD, target: TARGET, headers };
}

function signedFields(scheme: Scheme, id: string, key: KeyObject): string[] {
  const time = String(Date.now());
  return ['X-Api-Key', id, 'X-Timestamp', time, 'X-Signature', scheme.sign(time + METHOD + TARGET, BODY, key)];
}

/** What the same costs the trader. */
export async function openReferenceSigning(scheme: Scheme): Promise<Prepare> {
  const { signing } = scheme.keys();
  const id = randomUUID();
  return (count) => () => {
    for (let i = 0; i < count; i += 1) signedFields(scheme, id, signing);
  };
}
