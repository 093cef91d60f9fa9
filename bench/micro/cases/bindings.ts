import type { HttpMessage } from '@holdfast/proof';
import type { Certified } from '../../scene/certified.ts';
import { createOpaqueIssuer } from '../../scene/opaque-issuer.ts';
import { mtlsRequest } from '../../scene/request.ts';
import { goodRequest, nonceOf, openScene } from '../../scene/scene.ts';
import type { Scenes } from '../../scene/scenes.ts';
import { costs, moreThan } from '../bar.ts';
import type { Case, Prepare } from '../case.ts';
import { inFlight } from '../in-flight.ts';
import { at } from './signed-pool.ts';
import { VERIFY } from './verify.ts';

/** Tokens that are bound to something else than a key, and those that say nothing by themselves. */
export function bindingCases(scenes: Scenes): Case[] {
  const es256 = { group: 'verify', alg: 'ES256' } as const;
  return [
    {
      name: 'verify mTLS-bound',
      group: 'verify',
      bars: [costs(5)],
      open: async () => toCertificate(await scenes.certified()),
      most: 10_000,
    },
    {
      name: 'verify ES256, bound to key and certificate',
      ...es256,
      bars: [moreThan([VERIFY])],
      open: async () => toBoth(await scenes.certified()),
      onlyFull: true,
    },
    {
      name: 'verify ES256, opaque token',
      ...es256,
      bars: [moreThan([VERIFY])],
      open: () => opaque(LONG),
      onlyFull: true,
    },
    {
      name: 'verify ES256, opaque token asked about each time',
      ...es256,
      bars: [moreThan([VERIFY])],
      open: () => opaque(0),
      onlyFull: true,
    },
  ];
}

/** A certificate-bound token (RFC 8705 §3) that is known. TLS has verified the certificate; that is not in here. */
function toCertificate({ verifier, clients }: Certified): Prepare {
  return (count) => {
    const requests = Array.from({ length: count }, (_, i) => {
      const { token, certificate } = at(clients, i);
      return mtlsRequest(token, received(certificate));
    });
    return () => inFlight(requests, 1, (request) => verifier.verify(request));
  };
}

/** Both members of `cnf`: DPoP by a connection with the certificate. */
function toBoth({ verifier, clients }: Certified): Prepare {
  return async (count) => {
    const nonce = await nonceOf(verifier);
    const requests: HttpMessage[] = [];
    for (let i = 0; i < count; i += 1) {
      const { signer, tokenOfBoth, certificate } = at(clients, i);
      const request = await goodRequest({ signer, token: tokenOfBoth }, nonce);
      requests.push({ ...request, certificate: received(certificate) });
    }
    return () => inFlight(requests, 1, (request) => verifier.verify(request));
  };
}

const received = (certificate: Uint8Array) => Uint8Array.from(certificate); // each connection has its own copy

const LONG = 24 * 60 * 60; // seconds: no run lasts longer

/** RFC 7662: what the issuer says of a token is used for `ttl` seconds. It answers from memory, without a network. */
async function opaque(ttl: number): Promise<Prepare> {
  const { fetch, introspection, ...issuer } = createOpaqueIssuer();
  const { requests, verifier } = await openScene({
    clients: 100,
    issuer,
    settings: { fetch, introspection: { ...introspection, ttl } },
  });
  return async (count) => {
    const fresh = await requests(count);
    return () => inFlight(fresh, 1, (request) => verifier.verify(request));
  };
}
