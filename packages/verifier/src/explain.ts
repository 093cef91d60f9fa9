import {
  type CheckedProof,
  type Credential,
  createFindings,
  type Expected,
  explainProof,
  type Finding,
  type Findings,
  type HttpMessage,
  importPublicJwk,
  type Jws,
  matchConfirmation,
  readConfirmation,
  readCredential,
  readJws,
  requireString,
  type SenderKey,
  type VerifiedProof,
} from '@holdfast/proof';
import { checkAuthorizationDetails, checkScope, type Requirement } from './access.ts';
import type { Issuer, Issuers } from './issuer/issuers.ts';
import { type MessageSignatures, neededSignatures } from './signature/message-signatures.ts';
import type { StatusPolicy } from './status/status-policy.ts';
import {
  checkAudience,
  checkTimes,
  checkTokenType,
  readTokenStatus,
  type VerifiedToken,
  verifyTokenSignature,
} from './token/token.ts';
import { isJwt, type Tokens } from './token/tokens.ts';

/** What the line knows that an explanation needs. */
export interface Explainable {
  readonly issuers: Issuers;
  readonly tokens: Tokens;
  readonly algorithms: ReadonlySet<string>;
  readonly audience: string;
  readonly skew: number;
  readonly status: StatusPolicy;
  readonly now: number;
  readonly messageSignatures: MessageSignatures;
  /** What a proof by this key is compared with. Throws for a request that is none of this server. */
  readonly expected: (credential: Credential, jkt: string) => Expected;
}

/** Every check of the line on one message, one by one, also after one that failed. */
export async function explain(
  message: HttpMessage,
  requirement: Requirement,
  line: Explainable,
): Promise<readonly Finding[]> {
  const findings = createFindings();
  const credential = await findings.check(
    'one access token, in the Authorization field',
    'RFC 9449 §7.1, RFC 6750 §2.1',
    [],
    () => readCredential(message, () => false),
  );
  const sender = credential?.scheme === 'DPoP' ? await explainSender(findings, message, credential, line) : undefined;
  if (credential !== undefined && isJwt(credential.token)) await explainJwt(findings, credential.token, line);
  const token = await findings.check(
    'the issuer vouches for the token, and it was not revoked',
    'RFC 9068 §4, RFC 7662 §2.2',
    [credential],
    ({ token }) => line.tokens.verified(token, line.now),
  );
  const use = { message, requirement, credential, sender, token };
  const isBound = await explainBinding(findings, use);
  await explainSignature(findings, { ...use, isBound }, line);
  await explainRights(findings, use);
  return findings.all;
}

async function explainSender(
  findings: Findings,
  message: HttpMessage,
  credential: Credential,
  { algorithms, expected }: Explainable,
): Promise<SenderKey | undefined> {
  const isOurs = await findings.check(
    'a path of this server',
    'RFC 9110 §7.1',
    [],
    () => expected(credential, '') && true,
  );
  return explainProof(findings, {
    message,
    algorithms,
    expected: (jkt) => (isOurs ? expected(credential, jkt) : undefined),
  });
}

async function explainJwt(findings: Findings, compact: string, line: Explainable): Promise<void> {
  const { issuers, algorithms } = line;
  const rfc = 'RFC 9068 §4';
  const jws = await findings.check('the token is a compact JWT', rfc, [], () => readJws(compact, 'token_malformed'));
  await findings.check('typ is at+jwt', rfc, [jws], checkTokenType);
  const issuer = await findings.check('iss is an issuer that is trusted', rfc, [jws], ({ payload }) =>
    issuers.named(payload['iss']),
  );
  const signed = await findings.check('the signature of the issuer', rfc, [jws, issuer], (token, { keys }) =>
    verifyTokenSignature(token, keys, algorithms),
  );
  await findings.check('aud names this resource', rfc, [jws], ({ payload }) => checkAudience(payload, line.audience));
  const times = await findings.check('exp, iat and nbf', rfc, [jws], ({ payload }) => checkTimes(payload, line));
  await findings.check('jti, client_id and sub', 'RFC 9068 §2.2', [jws], ({ payload }) => {
    for (const claim of ['jti', 'client_id', 'sub']) requireString(payload, claim, 'token_claims');
  });
  await findings.check('cnf can be checked', 'RFC 9449 §6, RFC 8705 §3.1', [jws], ({ payload }) =>
    readConfirmation(payload['cnf']),
  );
  // Nobody is asked about what the issuer did not sign, or what has ended
  await explainStatus(findings, { jws, issuer, isGood: signed && times && true }, line);
}

interface Vouched {
  readonly jws: Jws | undefined;
  readonly issuer: Issuer | undefined;
  readonly isGood: true | undefined;
}

/** Nothing, where the token does not say where its status is and need not. */
async function explainStatus(findings: Findings, token: Vouched, { status, now }: Explainable): Promise<void> {
  const { jws, issuer, isGood } = token;
  if (status === 'off' || (status === 'optional' && jws?.payload['status'] === undefined)) return;
  const place = await findings.check(
    'status refers to a list of the issuer',
    'Token Status List §6.2',
    [jws, issuer],
    ({ payload }, { statusLists }) => readTokenStatus(payload, statusLists),
  );
  await findings.check(
    'the status list says that the token is valid',
    'Token Status List §8.3',
    [place, isGood],
    ({ lists, ...reference }) => lists.check(reference, now),
  );
}

interface Use {
  readonly message: HttpMessage;
  readonly requirement: Requirement;
  readonly credential: Credential | undefined;
  readonly sender: SenderKey | undefined;
  readonly token: VerifiedToken | undefined;
}

async function explainBinding(
  findings: Findings,
  { message, credential, sender, token }: Use,
): Promise<true | undefined> {
  return await findings.check(
    'the token is bound to this key or certificate',
    'RFC 9449 §4.3 (12), RFC 8705 §3',
    [credential, token],
    ({ scheme }, { confirmation }) => {
      const proof = sender as CheckedProof | undefined; // only its thumbprint is looked at
      matchConfirmation(confirmation, { scheme, proof, certificate: message.certificate });
      return true as const;
    },
  );
}

/** Nothing, where no signature is needed. The body is not seen here. */
async function explainSignature(
  findings: Findings,
  { message, requirement, credential, sender, isBound }: Use & { readonly isBound: true | undefined },
  { messageSignatures, tokens, now }: Explainable,
): Promise<void> {
  const signature = neededSignatures(message, requirement.signature);
  if (signature === undefined) return;
  const fapi = 'FAPI 2.0 HTTP Signatures §5.3.1.2';
  const signatures = await findings.check(
    'recent signatures that cover what they have to',
    fapi,
    [credential],
    (given) => messageSignatures.check(message, signature, { now, ath: tokens.ath(given.token) }),
  );
  await findings.check('the signatures are by the sender', 'RFC 9421 §3.2', [signatures, isBound], (made) => {
    // Only its key is looked at
    const proof =
      sender && ({ sender: { ...sender, imported: importPublicJwk(sender.jwk) }, jkt: sender.jkt } as unknown);
    return messageSignatures.verify(made, proof as VerifiedProof | undefined);
  });
}

async function explainRights(findings: Findings, { requirement, token }: Use): Promise<void> {
  await findings.check('the scopes that are needed', 'RFC 6750 §3.1', [token], (given) =>
    checkScope(given, requirement),
  );
  await findings.check('the authorization_details that are needed', 'RFC 9396 §9', [token], (given) =>
    checkAuthorizationDetails(given, requirement),
  );
}
