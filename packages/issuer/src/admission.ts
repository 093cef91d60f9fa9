import { hash } from 'node:crypto';
import {
  createSenderKeyCache,
  type Nonces,
  type ReplayStore,
  reserve,
  reserveJti,
  type VerifiedProof,
} from '@holdfast/proof';
import { type Authenticated, authenticateClient } from './client/authenticate-client.ts';
import type { Registered, Registry } from './client/clients.ts';
import type { IssuerRequest, Parameters } from './form.ts';
import { checkSender, type Sender } from './sender.ts';

/** Who asks, what he holds, and that neither proof nor assertion is good twice: the same at every endpoint for clients. */
export interface Admission {
  /** RFC 7523 §3, RFC 8705 §2. */
  authenticate<R extends Registered>(
    request: IssuerRequest,
    form: Parameters,
    registry: Registry<R>,
    now: number,
  ): Promise<Authenticated<R>>;
  /** RFC 9449 §5, RFC 8705 §3. */
  sender(request: IssuerRequest, now: number): Sender;
  /** RFC 9449 §11.1, OIDC Core §9. To be called when everything else has passed. */
  useUp(authenticated: Authenticated<Registered>, proof?: VerifiedProof): Promise<void>;
  /** RFC 9449 §8.2: what goes with the answer to a request that had a proof. */
  nextNonce(sender: Sender): string | undefined;
}

export interface AdmissionOptions {
  /** What `aud` of an assertion may name. */
  readonly audiences: readonly string[];
  readonly algorithms: ReadonlySet<string>;
  readonly nonces: Nonces | undefined;
  readonly replay: ReplayStore;
}

export function createAdmission({ audiences, algorithms, nonces, replay }: AdmissionOptions): Admission {
  const senderKeys = createSenderKeyCache();
  return {
    authenticate: (request, form, registry, now) => authenticateClient(request, form, registry, { audiences, now }),
    sender: (request, now) => checkSender(request, { algorithms, nonces, senderKeys, now }),
    async useUp({ client, assertion }, proof) {
      if (proof !== undefined) await reserveJti(replay, proof);
      if (assertion !== undefined) {
        // A jti belongs to its client: nobody uses up that of another
        const key = hash('sha256', `assertion\n${client.clientId}\n${assertion.jti}`, 'base64url');
        await reserve(replay, key, assertion.acceptableUntil, 'assertion_replayed');
      }
      // Its next proof comes soon, and the key needs no second import
      if (proof !== undefined) senderKeys.keep(proof);
    },
    nextNonce: ({ proof }) => (proof === undefined ? undefined : nonces?.current()),
  };
}
