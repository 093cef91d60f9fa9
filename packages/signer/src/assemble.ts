import type { Clock } from '@holdfast/proof';
import type { CallerContext } from './caller.ts';
import type { ClientOptions } from './client.ts';
import { createClockSkews } from './clock-skew.ts';
import { createIdentities } from './identities.ts';
import { type Credentials, createIdentity, type Identity, type IdentityOptions } from './identity.ts';
import { documentFetch } from './issuer/document.ts';
import { createIssuerCalls, type IssuerCalls } from './issuer/issuer-calls.ts';
import { createMessages, type Messages } from './messages/messages.ts';
import { createUrlReader } from './resource-request.ts';
import { createSlots } from './slots.ts';
import { isTlsFiles, readTlsFiles, type TlsFiles } from './tls-files.ts';
import type { Wanted } from './token-memory.ts';

/** What a client is made of. */
export interface Parts {
  readonly context: CallerContext;
  readonly calls: IssuerCalls;
  /** What its own tokens are asked for. */
  readonly wanted: Wanted;
  /** Who it is at first. */
  readonly credentials: Credentials;
  /** How it becomes somebody else. */
  readonly settings: IdentityOptions;
  /** Files that its certificate is in, and what of them was read. */
  readonly files: WatchedFiles | undefined;
}

export interface WatchedFiles {
  readonly files: TlsFiles;
  readonly version: string;
}

const ISSUER_TIMEOUT = 10_000; // ms
const MAX_SKEW = 300; // seconds
const CONCURRENCY = 64; // more than one core keeps busy, and as many handshakes as one burst may cost

/** Fills in the defaults. Throws TypeError for options that make no sense, and `certificate_unusable`. */
export function assemble(options: ClientOptions): Parts {
  const { issuer, clientId, scope, resource, origins, presigned, concurrency = CONCURRENCY } = options;
  const { clock = Date.now, allowLoopbackHttp = false, maxSkew = MAX_SKEW, issuerTimeout = ISSUER_TIMEOUT } = options;
  const { credentials, files } = readCredentials(options);
  const messages = readSignatures(options, issuerTimeout, clock, () => identities.current);
  const settings = { clock, allowLoopbackHttp, presigned, messages };
  const identities = createIdentities(createIdentity(credentials, settings));
  const skews = createClockSkews(clock, maxSkew);
  const calls = createIssuerCalls({ issuer, clientId, timeout: issuerTimeout, clock, skews, allowLoopbackHttp });
  if (!(Number.isInteger(concurrency) && concurrency > 0))
    throw new TypeError('concurrency: a whole number, 1 or more');
  const readUrl = createUrlReader({ origins, allowLoopbackHttp });
  const context = { identities, skews, readUrl, clock, issuer, slots: createSlots(concurrency), messages };
  return { context, calls, wanted: { resource, scope }, credentials, settings, files };
}

function readCredentials({ auth, binding, tls = {} }: ClientOptions): Pick<Parts, 'credentials' | 'files'> {
  if (!isTlsFiles(tls)) return { credentials: { auth, binding, tls }, files: undefined };
  const read = readTlsFiles(tls);
  return { credentials: { auth, binding, tls: read.tls }, files: { files: tls, version: read.version } };
}

function readSignatures(
  { signatures, resource, allowLoopbackHttp = false }: ClientOptions,
  timeout: number,
  clock: Clock,
  current: () => Identity,
): Messages | undefined {
  return (
    signatures &&
    createMessages(signatures, {
      fetch(ofResource) {
        const { transport, binding } = current();
        const seesCertificate = ofResource && binding.method === 'mtls';
        const fetch = seesCertificate ? transport.fetchWithCertificate : transport.fetch;
        return documentFetch(fetch, timeout, 'resource_metadata');
      },
      ...{ clock, resource, allowLoopbackHttp },
    })
  );
}
