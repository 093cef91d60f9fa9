import { calculateJwkThumbprint } from 'jose';
import { expect } from 'vitest';
import type { Answer } from './answer.ts';
import { VARIANTS, type Variant, type Who } from './configuration.ts';
import { claimsOf, suiteKey } from './jwt.ts';
import type { Operator } from './operator.ts';
import { type Attempt, type Party, partyOf, send } from './party.ts';
import { openSite, type Site } from './site.ts';

/** An issuer that runs, another one beside it, and the clients that are to judge them. */
export interface Suite extends AsyncDisposable {
  readonly operator: Operator;
  readonly site: Site;
  readonly other: Site;
  /** A client of a variant, one for Message Signing, or one that did not say what its tokens are bound to. */
  party(name: Name, who?: Who, site?: Site): Party;
  /** What the resource server is told about a token. */
  introspect(token: unknown, attempt?: Attempt): Promise<Answer>;
  /** Whether it would still serve it. */
  isActive(token: unknown): Promise<boolean>;
  /** What a token is bound to, as the resource server learns it; and the same as the token says, where it can be read. */
  confirmation(token: unknown): Promise<unknown>;
}

type Name = 'jwt-dpop' | 'jwt-mtls' | 'cert-dpop' | 'cert-mtls' | 'signing' | 'open';

const OTHERS: readonly Variant[] = [
  { name: 'signing', auth: 'private_key_jwt', binding: 'dpop' },
  { name: 'open', auth: 'private_key_jwt', binding: 'mtls' },
];

export async function openSuite(operator: Operator): Promise<Suite> {
  const { ca, certificates, keys } = operator;
  const site = await openSite({ issuer: operator.issuer, ca, certificates });
  const other = await openSite({ issuer: operator.other, ca, certificates });
  const proofKeys = { one: await suiteKey('ES256'), two: await suiteKey('PS256') };
  const resourceServer: Party = {
    clientId: 'resource-server',
    ...{ auth: 'private_key_jwt', binding: 'mtls', who: 'one', site },
    ...{ key: keys.resourceServer, proofKey: proofKeys.one },
  };
  const introspect = (token: unknown, attempt?: Attempt) =>
    send(resourceServer, 'introspection_endpoint', { token: String(token) }, attempt);
  return {
    ...{ operator, site, other, introspect },
    party(name, who = 'one', at = site) {
      const variant = [...VARIANTS, ...OTHERS].find((each) => each.name === name);
      if (variant === undefined) throw new TypeError(`there is no client ${name}`);
      return partyOf(at, variant, who, keys, proofKeys[who]);
    },
    async isActive(token) {
      const { status, body } = await introspect(token);
      expect(status).toBe(200);
      return body['active'] === true;
    },
    async confirmation(token) {
      const { body } = await introspect(token);
      expect(body).toMatchObject({ active: true });
      if (String(token).includes('.')) expect(claimsOf(token)['cnf']).toEqual(body['cnf']);
      return body['cnf'];
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([site[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
    },
  };
}

export const jktOf = async ({ proofKey }: Pick<Party, 'proofKey'>) => calculateJwkThumbprint(proofKey.publicJwk);
