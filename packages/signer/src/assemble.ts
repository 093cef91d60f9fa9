import type { Clock } from '@holdfast/proof';
import type { CallerContext, Tokens } from './caller.ts';
import type { ClientOptions } from './client.ts';
import { createClockSkews } from './clock-skew.ts';
import { createIdentities } from './identities.ts';
import { type Credentials, createIdentity, type Identity, type IdentityOptions } from './identity.ts';
import { documentFetch } from './issuer/document.ts';
import { createIssuerCalls, type IssuerCalls } from './issuer/issuer-calls.ts';
import { createMessages, type Messages } from './messages/messages.ts';
import { createUrlReaders } from './resource-request.ts';
import { createSlots } from './slots.ts';
import { isTlsFiles, readTlsFiles, type TlsFiles } from './tls-files.ts';
import type { Wanted } from './token-memory.ts';
import { createWeakSet, type EnumerableWeakSet } from './weak-set.ts';

/** What a client is made of. */
export interface Parts {
  readonly context: CallerContext;
  readonly calls: IssuerCalls;
  /** What its own tokens are asked for. */
  readonly wanted: Wanted;
  /** All tokens that are the client's own, and no person's. */
  readonly own: EnumerableWeakSet<Tokens>;
  /** Revokes those of them that are bound to an identity, as far as the issuer lets it (RFC 7009). */
  readonly giveBack: (identity: Identity) => Promise<void>;
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
  const own = createWeakSet<Tokens>();
  const identities = createIdentities(createIdentity(credentials, settings), (identity) => giveBack(identity));
  const skews = createClockSkews(clock, maxSkew);
  const calls = createIssuerCalls({ issuer, clientId, timeout: issuerTimeout, clock, skews, allowLoopbackHttp });
  if (!(Number.isInteger(concurrency) && concurrency > 0))
    throw new TypeError('concurrency: a whole number, 1 or more');
  const readers = createUrlReaders(
    { origins: origins ?? originsOf(resource), allowLoopbackHttp },
    origins === undefined,
  );
  const context = { identities, skews, ...readers, clock, issuer, slots: createSlots(concurrency), messages };
  async function giveBack(identity: Identity): Promise<void> {
    const live = own.all().flatMap((each) => each.of(identity).tokens());
    const revoke = (token: string) => calls.revoke(token, 'access_token', identities.current);
    await Promise.allSettled(live.map(({ accessToken }) => revoke(accessToken)));
  }

  return { context, calls, wanted: { resource, scope }, own, giveBack, credentials, settings, files };
}

/** The server of the resource that tokens are for, where its identifier is the URL of one. */
function originsOf(resource: string | undefined): readonly string[] | undefined {
  const origin = resource === undefined ? undefined : URL.parse(resource)?.origin;
  return origin === undefined || origin === 'null' ? undefined : [origin];
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
