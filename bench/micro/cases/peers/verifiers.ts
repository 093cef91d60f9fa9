import { openAtproto } from './atproto.ts';
import { openBetterAuth } from './better-auth.ts';
import { openExpress } from './express.ts';
import { openExpressDpop } from './express-oauth2-dpop.ts';
import { openJose } from './jose.ts';
import { openOauth4webapi } from './oauth4webapi.ts';
import { openOpenid4vc } from './openid4vc.ts';
import type { OpenPeer } from './peer.ts';
import { openSolid } from './solid.ts';

/** A package that verifies DPoP at a resource server, and the cases that measure it. */
export interface PeerVerifier {
  /** As npm and the facts have it. */
  readonly name: string;
  readonly open: OpenPeer;
  /** Of the case with one request in flight, and of that with sixteen. */
  readonly cases: readonly [one: string, sixteen: string];
  /** Which of the cases a quick run has. */
  readonly quick: 'both' | 'one' | 'none';
}

export const VERIFIERS: readonly PeerVerifier[] = [
  {
    name: 'oauth4webapi',
    open: openOauth4webapi,
    cases: ['oauth4webapi, 1 in flight', 'oauth4webapi, 16 in flight'],
    quick: 'both',
  },
  { name: 'jose', open: openJose, cases: ['jose by hand', 'jose by hand, 16 in flight'], quick: 'one' },
  { ...named('express-oauth2-jwt-bearer'), open: openExpress, quick: 'one' },
  { ...named('express-oauth2-dpop'), open: openExpressDpop, quick: 'none' },
  { ...named('@atproto/oauth-provider'), open: openAtproto, quick: 'none' },
  { ...named('better-auth'), open: openBetterAuth, quick: 'none' },
  { ...named('@solid/access-token-verifier'), open: openSolid, quick: 'none' },
  { ...named('@openid4vc/oauth2'), open: openOpenid4vc, quick: 'none' },
];

function named(name: string): Pick<PeerVerifier, 'name' | 'cases'> {
  return { name, cases: [name, `${name}, 16 in flight`] };
}
