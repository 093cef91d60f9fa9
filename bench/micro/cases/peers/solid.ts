import type { RequestMethod } from '@solid/access-token-verifier';
import { ORIGIN } from '../../../scene/request.ts';
import type { Scene } from '../../../scene/scene.ts';
import { json, serveDocuments } from './loopback-documents.ts';
import type { DpopPeer } from './peer.ts';
import { asNodeHeaders, createOwnIssuer, itsOwnRequests } from './requests.ts';

interface Received {
  readonly authorization: string;
  readonly dpop: { readonly header: string; readonly method: RequestMethod; readonly url: string };
}

/**
 * With the memories that it has by itself. Its tokens are for the audience `solid` and name a WebID, a document that
 * names the issuer: so it has an issuer and a hundred WebIDs of its own, which it fetches once in two minutes. It knows no
 * nonce; the proofs have one as long as ours.
 */
export async function openSolid({ nonce }: Scene): Promise<DpopPeer<Received>> {
  const { createSolidTokenVerifier } = await import('@solid/access-token-verifier');
  const verify = createSolidTokenVerifier();
  const origin = await serveDocuments((path, served) => {
    if (path === '/.well-known/openid-configuration') return json({ issuer: served, jwks_uri: `${served}/jwks` });
    if (path === '/jwks') return json(issuer.jwks);
    return { type: 'text/turtle', text: `<#me> <http://www.w3.org/ns/solid/terms#oidcIssuer> <${served}>.` };
  });
  // It remembers no more than a hundred WebIDs
  const issuer = await createOwnIssuer(origin, (n) => ({ aud: 'solid', webid: `${origin}/trader-${n % 100}#me` }));
  return {
    ...(await itsOwnRequests(issuer, nonce)),
    receive(message) {
      const { authorization = '', dpop: header = '' } = asNodeHeaders(message);
      const method = message.method as RequestMethod;
      return { authorization, dpop: { header, method, url: ORIGIN + message.target } };
    },
    check: ({ authorization, dpop }) => verify(authorization, dpop),
  };
}
