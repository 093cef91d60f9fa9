import { type Answer, expectToken } from './answer.ts';
import { ask, newVerifier, parametersFor, push } from './flow.ts';
import { type Party, type ProofChanges, proofOf, urlOf } from './party.ts';
import type { Suite } from './suite.ts';

/** A client that shows the issuer proofs of all kinds, where it asks for a token and where it pushes a request. */
export interface Prover {
  client(): Party;
  /** Where its tokens come from. */
  url(): string;
  /** Sees to it that the client knows a nonce of now, so that nothing but the fault is refused. */
  primed(): Promise<void>;
  /** Asks for a token with these proofs as they are. */
  withProof(...proofs: string[]): Promise<Answer>;
  /** Asks for a token once, with a good proof but for the changes. */
  withChanges(changes: ProofChanges): Promise<Answer>;
  pushWith(proof: ProofChanges | readonly string[], party?: Party): Promise<Answer>;
}

export function createProver(suite: () => Suite): Prover {
  const client = (): Party => suite().party('jwt-dpop');
  const url = () => urlOf(client(), 'token_endpoint');
  const withProof = (...proofs: string[]): Promise<Answer> => ask(client(), {}, { proof: proofs });
  return {
    ...{ client, url, withProof },
    async primed() {
      expectToken(await ask(client()), 'DPoP');
    },
    withChanges: async (changes) => withProof(await proofOf(client(), url(), changes)),
    pushWith: (proof, party = client()) => push(party, parametersFor(newVerifier()), { proof }),
  };
}
