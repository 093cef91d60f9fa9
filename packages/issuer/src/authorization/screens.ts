import { type HoldfastError, seconds } from '@holdfast/proof';
import type { Client } from '../client/clients.ts';
import { consentPage } from '../pages/consent-page.ts';
import { describeDetails } from '../pages/describe-details.ts';
import { errorPage } from '../pages/error-page.ts';
import { loginPage } from '../pages/login-page.ts';
import { pageHeaders } from '../pages/security-headers.ts';
import type { ShownClient } from '../pages/shown-client.ts';
import type { Parts } from '../parts.ts';
import { page, type Reply } from '../reply.ts';
import { formToken, type Interaction, type LoggedIn, pageUrl } from './interactions.ts';

/** Of the issuer's own scopes, in words; those of a resource are described where it is configured. */
const OWN_SCOPES: ReadonlyMap<string, string> = new Map([
  ['openid', 'Know who you are here'],
  ['offline_access', 'Go on when you are not there'],
]);

/** Why a person is asked again, and for which name. */
export interface FailedLogin {
  readonly refusal: HoldfastError;
  readonly name: string | undefined;
}

/** The login page, again with what was wrong. */
export function showLogin(interaction: Interaction, client: Client, parts: Parts, failed?: FailedLogin): Reply {
  const { request } = interaction;
  const refusal = failed?.refusal;
  const shown = shownClient(client, request.redirectUri);
  const body = loginPage({
    ...formOf(interaction, parts),
    client: shown,
    login: failed?.name ?? request.loginHint,
    problem: refusal === undefined ? undefined : `${refusal.message}.`,
  });
  const headers = {
    ...pageHeaders(shown),
    ...(refusal?.code === 'login_locked' || refusal?.issuerStatus === 503 ? { 'Retry-After': '60' } : {}),
  };
  return refusal === undefined ? page(200, headers, body) : { ...page(statusOf(refusal), headers, body), refusal };
}

/** RFC 9396 §3.1, FAPI 2.0 §5.3.2.2: everything that is asked for, in one place and in words. */
export function showConsent(interaction: Interaction, client: Client, account: LoggedIn, parts: Parts): Reply {
  const { scope, resources, details, redirectUri } = interaction.request;
  const { config, clock, details: types } = parts;
  const lasting = client.metadata.grant_types.includes('refresh_token');
  const words = new Map(config.resources.flatMap((each) => Object.entries(each.scope_descriptions)));
  const shown = shownClient(client, redirectUri);
  const body = consentPage({
    ...formOf(interaction, parts),
    client: shown,
    account,
    scopes: scope.map((name) => ({ name, description: OWN_SCOPES.get(name) ?? words.get(name) })),
    resources,
    details: details.flatMap((entry) => {
      const type = types.types.get(String(entry['type']));
      return type === undefined ? [] : [describeDetails(type, entry)];
    }),
    lasting,
    ...(lasting ? { expires: seconds(clock) + config.refresh_token_lifetime } : {}),
  });
  return page(200, pageHeaders(shown), body);
}

/** For what nobody can be told but the person: nothing that could be trusted says where an answer would go. */
export function showError(refusal: HoldfastError, stylesheet: string): Reply {
  const { error = 'server_error', message, code, issuerStatus } = refusal;
  const body = errorPage({ error, description: message, code, stylesheet });
  // A browser that is told 401 would ask for a password of its own
  return { ...page(issuerStatus === 401 ? 400 : issuerStatus, pageHeaders(), body), refusal };
}

function formOf(interaction: Interaction, { config, stylesheet }: Parts) {
  return {
    action: new URL(pageUrl(config.issuer, interaction.id)).pathname,
    fields: { csrf: formToken(interaction) },
    stylesheet,
  };
}

function shownClient({ clientId, metadata }: Client, redirectUri: string): ShownClient {
  return { name: metadata.client_name ?? clientId, uri: metadata.client_uri, redirectUri };
}

function statusOf({ code, issuerStatus }: HoldfastError): number {
  return code === 'login_locked' ? 429 : issuerStatus;
}
