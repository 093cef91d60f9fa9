import { HoldfastError, type JsonObject, targetPath } from '@holdfast/proof';
import { endpoint } from '../endpoint.ts';
import type { Events } from '../events.ts';
import type { IssuerRequest } from '../form.ts';
import { PATHS } from '../metadata.ts';
import { type Reply, success } from '../reply.ts';
import { matchToken, readBearer, tokenRefused } from './bearer-token.ts';
import type { ClientVersions, Version } from './client-versions.ts';
import { readJsonBody } from './json-body.ts';
import type { RegisteredClients } from './registered-clients.ts';
import { clientInformation, type RegistrationRules, readMetadata } from './registered-metadata.ts';

export interface ConfigurationEndpointOptions {
  /** URL of the registration endpoint; those of the clients are below it. */
  readonly url: string;
  readonly versions: ClientVersions;
  readonly clients: RegisteredClients;
  readonly rules: RegistrationRules;
  readonly events: Events;
}

// RFC 7592 §2.2: what only we say; whoever sends it means something that will not happen
const OURS = [
  'registration_access_token',
  'registration_client_uri',
  'client_id_issued_at',
  'client_secret',
  'client_secret_expires_at',
];
const NOBODYS = ''; // the hash of no token

/** RFC 7592 §2: where a client reads, replaces and ends its registration. */
export function createConfigurationEndpoint(
  options: ConfigurationEndpointOptions,
): (request: IssuerRequest) => Promise<Reply> {
  const { url, versions, clients, rules, events } = options;
  const path = `${new URL(url).pathname}/`;

  /** Whoever shows its registration access token is the client. Without that, a client is not to be told from none. */
  async function authorize(request: IssuerRequest): Promise<Authorized> {
    const token = readBearer(request, 'registration_token');
    const target = targetPath(request.target, request.origin) ?? '';
    const clientId = target.startsWith(path) ? target.slice(path.length) : '';
    const version = await clients.latest(clientId);
    matchToken(token, [version?.record.tokenHash ?? NOBODYS], 'registration_token');
    return { clientId, version: version as Version, token }; // of no client there is no token
  }

  /** RFC 7592 §2.1 */
  async function read(request: IssuerRequest): Promise<Reply> {
    const { version, token } = await authorize(request);
    return success(clientInformation(version.record, token, url), undefined);
  }

  /** RFC 7592 §2.2: everything anew; what is left out is no longer registered. Of several at a time the last one stays. */
  async function replace(request: IssuerRequest): Promise<Reply> {
    const { clientId, version, token } = await authorize(request);
    const body = readJsonBody(request);
    checkOwn(body, clientId);
    const record = { ...version.record, metadata: readMetadata(body, clientId, rules) };
    // Told before it counts: nothing is changed that could not be recorded
    await events.tell({ event: 'client.updated', clientId });
    const replaced = await versions.append(clientId, record, version);
    if (replaced === undefined) throw tokenRefused('registration_token'); // deleted in the meantime
    return success(clientInformation(record, token, url), undefined);
  }

  /** RFC 7592 §2.3. What it was given goes with it: whoever reads a token asks whether its client is there. */
  async function remove(request: IssuerRequest): Promise<Reply> {
    const { clientId, version } = await authorize(request);
    await events.tell({ event: 'client.deleted', clientId });
    if (!(await versions.end(clientId, version))) throw tokenRefused('registration_token');
    return { status: 204, headers: { 'Cache-Control': 'no-store' }, body: '' };
  }

  const verbs = new Map([
    ['GET', read],
    ['PUT', replace],
    ['DELETE', remove],
  ]);
  return endpoint({ path: PATHS.register, methods: [...verbs.keys()], nonces: undefined, events }, (request) =>
    (verbs.get(request.method) ?? read)(request),
  );
}

interface Authorized {
  readonly clientId: string;
  readonly version: Version;
  readonly token: string;
}

function checkOwn(body: JsonObject, clientId: string): void {
  if (body['client_id'] !== clientId) throw new HoldfastError('client_metadata', { detail: 'client_id' });
  const ours = OURS.find((member) => Object.hasOwn(body, member));
  if (ours !== undefined) throw new HoldfastError('client_metadata', { detail: ours });
}
