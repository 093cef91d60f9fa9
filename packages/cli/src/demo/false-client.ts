import { randomBytes } from 'node:crypto';
import { seconds } from '@holdfast/proof';
import type { ProofKey } from '@holdfast/signer';
import type { Cast } from './cast.ts';
import { signedJwt } from './forgeries.ts';
import { refused, type Scenario } from './scenario.ts';
import type { WireReply } from './wire.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Somebody wants a token of his own: from our issuer in a client's name, or from an issuer of his own. */
export function falseClientScenarios(cast: Cast): readonly Scenario[] {
  const { thief, thiefWithCertificate, thiefKey, thiefSigner, traderKey, deployment, clock } = cast;
  const { issuer, resource } = deployment.facts;
  const now = () => seconds(clock);

  async function assertion(key: ProofKey): Promise<Record<string, string>> {
    const claims = {
      iss: 'trader-dpop',
      sub: 'trader-dpop',
      aud: issuer,
      jti: randomBytes(16).toString('hex'),
      exp: now() + 60,
    };
    return { client_assertion_type: ASSERTION_TYPE, client_assertion: await signedJwt(key, {}, claims) };
  }

  /** A token request with the thief's own proof, and the nonce that the issuer asks for. */
  async function ask(form: Record<string, string>): Promise<WireReply> {
    const url = `${issuer}/token`;
    const body = new URLSearchParams({ grant_type: 'client_credentials', ...form }).toString();
    const send = async (nonce?: string) => {
      const dpop = await thiefSigner.proof({ method: 'POST', url, nonce });
      return thief.send({
        method: 'POST',
        url,
        headers: { dpop, 'content-type': 'application/x-www-form-urlencoded' },
        body,
      });
    };
    const first = await send();
    return first.code === 'nonce_missing' ? send(first.nonce) : first;
  }

  return [
    refused("client assertion by the thief's key", 'assertion_signature', async () => ask(await assertion(thiefKey))),
    refused('recorded client assertion, sent twice', 'assertion_replayed', async () => {
      const recorded = await assertion(traderKey);
      await ask(recorded);
      return ask(recorded);
    }),
    refused("token request as another client, with the thief's certificate", 'client_certificate_mismatch', () =>
      thiefWithCertificate.send({
        method: 'POST',
        url: `${deployment.config.mtls_origin}/token`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'grant_type=client_credentials&client_id=trader-mtls',
      }),
    ),
    refused('token from another issuer', 'token_key_unknown', async () => {
      const times = { iat: now(), exp: now() + 300, jti: 'forged' };
      const who = {
        sub: 'trader-dpop',
        client_id: 'trader-dpop',
        cnf: { jkt: thiefKey.jkt },
        scope: 'orders:read',
      };
      const accessToken = await signedJwt(
        thiefKey,
        { typ: 'at+jwt', kid: 'theirs' },
        {
          iss: issuer,
          aud: resource,
          ...times,
          ...who,
        },
      );
      const url = `${resource}/orders`;
      const { nonce } = await thief.send({ url });
      const dpop = await thiefSigner.proof({ method: 'GET', url, accessToken, nonce });
      return thief.send({ url, headers: { authorization: `DPoP ${accessToken}`, dpop } });
    }),
  ];
}
