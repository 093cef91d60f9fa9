import { installedVersion } from '../installed.ts';
import type { PeerFacts } from './facts.ts';
import { REFERENCES, SIGNING_AND_ISSUING } from './other-roles.ts';
import { VERIFYING } from './verifying.ts';

/** Everyone who is measured beside ours, as installed here. */
export function allPeers(): PeerFacts[] {
  return [...[...VERIFYING, ...SIGNING_AND_ISSUING].map(asInstalled), ...REFERENCES];
}

/** Those that have one of these cases. */
export function peersAmong(cases: readonly { readonly name: string }[]): PeerFacts[] {
  const measured = new Set(cases.map(({ name }) => name));
  return allPeers().filter((peer) => peer.cases.some((name) => measured.has(name)));
}

/** Their packages, each once. */
export function peerPackages(): string[] {
  return [...new Set([...VERIFYING, ...SIGNING_AND_ISSUING].map(({ name }) => name))];
}

function asInstalled(facts: PeerFacts): PeerFacts {
  const version = installedVersion(facts.name);
  return version === undefined ? facts : { ...facts, version };
}
