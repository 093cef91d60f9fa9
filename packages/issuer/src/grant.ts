import { HoldfastError } from '@holdfast/proof';
import type { Client } from './client.ts';
import type { IssuerConfig } from './config.ts';
import type { Form } from './form.ts';

/** What a token will allow. */
export interface Grant {
  readonly subject: string;
  /** The resource server that may use it: one, so that it is good nowhere else (RFC 9068 §5). */
  readonly audience: string;
  readonly scope: readonly string[];
}

const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/;

/** RFC 6749 §4.4 client_credentials, RFC 8707 §2.2. Every other grant is refused. */
export function redeemGrant(form: Form, client: Client, resources: IssuerConfig['resources']): Grant {
  const type = form.get('grant_type');
  if (type === undefined) throw new HoldfastError('form_malformed', { detail: 'grant_type' });
  if (type !== 'client_credentials') throw new HoldfastError('grant_unsupported');
  const asked = readScope(form.get('scope'), client);
  const { resource, scope } = chooseResource(form.all('resource'), asked, client, resources);
  const allowed = scope.split(' ');
  // RFC 9068 §2.2.3: every scope of the token has meaning for its audience
  const granted = (asked ?? client.scope).filter((value) => allowed.includes(value));
  if (granted.length === 0 || (asked !== undefined && granted.length < asked.length))
    throw new HoldfastError('scope_invalid');
  return { subject: client.clientId, audience: resource, scope: granted };
}

function readScope(scope: string | undefined, client: Client): readonly string[] | undefined {
  if (scope === undefined) return undefined;
  if (!SCOPE.test(scope)) throw new HoldfastError('scope_invalid');
  const values = [...new Set(scope.split(' '))];
  if (!values.every((value) => client.scope.includes(value))) throw new HoldfastError('scope_invalid');
  return values;
}

type Resource = IssuerConfig['resources'][number];

/**
 * RFC 9068 §3: the resource that was asked for, else the one that has all scopes that were asked for, else the only one
 * that the client has scopes of. Where two would fit the token would be ambiguous.
 */
function chooseResource(
  wanted: readonly string[],
  asked: readonly string[] | undefined,
  client: Client,
  resources: readonly Resource[],
): Resource {
  if (wanted.length > 1) throw new HoldfastError('resource_invalid', { detail: 'one resource for one token' });
  if (wanted.length === 1) {
    const named = resources.find(({ resource }) => resource === wanted[0]);
    if (named === undefined) throw new HoldfastError('resource_invalid');
    return named;
  }
  const [only, another] = resources.filter(({ scope }) => {
    const has = (value: string) => scope.split(' ').includes(value);
    return asked === undefined ? client.scope.some(has) : asked.every(has);
  });
  if (only === undefined) throw new HoldfastError('scope_invalid');
  if (another !== undefined) throw new HoldfastError('resource_invalid', { detail: 'several would fit, name one' });
  return only;
}
