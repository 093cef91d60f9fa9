import {
  type Algorithm,
  algorithms,
  ath,
  type Code,
  checkProof,
  type Expected,
  HoldfastError,
  readProof,
  type VerifiedProof,
  verifyProof,
} from '@holdfast/proof';
import { HTM, HTU, NOW } from './forge.ts';

export const ALL: ReadonlySet<string> = new Set(Object.keys(algorithms) as Algorithm[]);

/** What a server expects of `forge()`: no nonce, 60 s of age, 10 s of skew. */
export const EXPECTED: Expected = {
  htm: HTM,
  htu: HTU,
  freshness: { now: NOW, maxAge: 60, skew: 10 },
};

/** What a test expects: as the package has it, but with the token itself in place of its hash. */
export type Expectation = Partial<Omit<Expected, 'ath'>> & { readonly accessToken?: string | undefined };

/** The whole line from text to evidence. */
export function judge(compact: string, expectation: Expectation = {}, allowed = ALL): VerifiedProof {
  const { accessToken, ...expected } = expectation;
  const hash = accessToken === undefined ? undefined : ath(accessToken);
  return verifyProof(checkProof(readProof(compact, allowed), { ...EXPECTED, ...expected, ath: hash }));
}

/** 'accepted', or the reason code of the refusal. Any other error fails the test. */
export function verdict(compact: string, expectation: Expectation = {}, allowed = ALL): Code | 'accepted' {
  return outcome(() => judge(compact, expectation, allowed));
}

export function outcome(run: () => unknown): Code | 'accepted' {
  return refusal(run)?.code ?? 'accepted';
}

/** The refusal that `run` throws; undefined when it throws none. */
export function refusal(run: () => unknown): HoldfastError | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof HoldfastError) return error;
    throw error;
  }
}
