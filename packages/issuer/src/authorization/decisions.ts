import { HoldfastError, seconds } from '@holdfast/proof';
import type { Client } from '../client/clients.ts';
import type { Occurrence } from '../events.ts';
import type { Parts } from '../parts.ts';
import { type Reply, redirect } from '../reply.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import { type AuthorizationResult, refusalResult, responseLocation } from './authorization-response.ts';
import { codeOf, grantIdOf, type Interaction, type LoggedIn } from './interactions.ts';
import type { Decision } from './pushed-requests.ts';

/** One decision for one request, whoever opened its page how often: FAPI 2.0 §5.3.2.2, RFC 9126 §7.3. */
export interface Decisions {
  /** Throws `request_uri_used` when it was decided. */
  checkUndecided(interaction: Interaction): Promise<void>;
  approve(interaction: Interaction, client: Client, loggedIn: LoggedIn): Promise<Reply>;
  deny(interaction: Interaction, client: Client): Promise<Reply>;
  /** OIDC Core §3.1.2.6: nobody is ever logged in here before. */
  refuseSilently(requestUri: string, asked: AuthorizationRequest, client: Client): Promise<Reply>;
}

export function createDecisions({ config, clock, keys, pushed, codes, events }: Parts): Decisions {
  async function answer(asked: AuthorizationRequest, result: AuthorizationResult, client: Client): Promise<Reply> {
    return redirect(await responseLocation(asked, result, client, { issuer: config.issuer, keys, clock }));
  }

  /** The same again, as by a second click, finds what was decided; another decision than that is refused. */
  async function decide({ id, requestUri }: Interaction, approved: boolean, told: Occurrence): Promise<Decision> {
    const before = await pushed.decision(requestUri);
    // Told before it counts: nothing is decided that could not be recorded
    if (before === undefined) await events.tell(told);
    const made = before ?? (await pushed.decide(requestUri, { approved, interaction: id, at: seconds(clock) }));
    if (made.interaction !== id || made.approved !== approved) throw new HoldfastError('request_uri_used');
    return made;
  }

  /** Also for a decision that was made before: whoever made it may have been interrupted here. Nothing is given twice. */
  async function giveCode(interaction: Interaction, { sub, authTime }: LoggedIn, at: number): Promise<void> {
    const { clientId, scope, resources, details, nonce, redirectUri, codeChallenge, jkt } = interaction.request;
    const expiresAt = at + config.code_lifetime - 1;
    if (seconds(clock) > expiresAt) return;
    const endsAt = at + config.refresh_token_lifetime;
    const id = grantIdOf(interaction);
    const grant = { id, clientId, subject: sub, scope, resources, details, authTime, nonce, endsAt };
    await codes.add(codeOf(interaction), { grant, redirectUri, codeChallenge, jkt }, expiresAt);
  }

  return {
    async checkUndecided({ requestUri }) {
      if ((await pushed.decision(requestUri)) !== undefined) throw new HoldfastError('request_uri_used');
    },
    async approve(interaction, client, loggedIn) {
      const { at } = await decide(interaction, true, granted(interaction, loggedIn));
      await giveCode(interaction, loggedIn, at);
      return await answer(interaction.request, { code: codeOf(interaction) }, client);
    },
    async deny(interaction, client) {
      const refusal = new HoldfastError('consent_denied');
      const told = { event: 'authorization.denied', clientId: client.clientId, code: refusal.code } as const;
      await decide(interaction, false, told);
      return await answer(interaction.request, refusalResult(refusal), client);
    },
    async refuseSilently(requestUri, asked, client) {
      const decision = { approved: false, interaction: undefined, at: seconds(clock) };
      if ((await pushed.decide(requestUri, decision)) !== decision) throw new HoldfastError('request_uri_used');
      return await answer(asked, refusalResult(new HoldfastError('prompt_none')), client);
    },
  };
}

function granted(interaction: Interaction, { sub: subject }: LoggedIn): Occurrence {
  const { clientId, scope, details, jkt } = interaction.request;
  const types = details.map(({ type }) => String(type));
  const grant = grantIdOf(interaction);
  return { event: 'authorization.granted', clientId, subject, grant, scope, details: types, jkt };
}
