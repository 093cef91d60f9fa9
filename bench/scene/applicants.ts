import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { algorithms } from '@holdfast/proof';
import { createSigner, generateKey, type Signer } from '@holdfast/signer';
import { AUDIENCE, ISSUER } from './issuer.ts';
import { asReceived } from './request.ts';

export const SCOPE = 'orders:read orders:write';
export const TOKEN_PATH = '/token';
export const PUSH_PATH = '/par';

/** Who authenticates by private_key_jwt with ES256. */
export interface Authenticating {
  readonly clientId: string;
  /** The public key of its assertions, as it is registered. */
  readonly jwk: object;
  readonly assertionKey: KeyObject;
}

/** A client that asks an issuer for tokens: its proofs are by another key, with ES256 too. */
export interface Applicant extends Authenticating {
  readonly signer: Signer;
}

/** A request for a token, never sent. */
export interface Application {
  /** name, value, name, value … */
  readonly headers: string[];
  readonly body: string;
}

export async function createApplicants(count: number): Promise<Applicant[]> {
  return await Promise.all(Array.from({ length: count }, (_, i) => createApplicant(`client-${i + 1}`)));
}

async function createApplicant(clientId: string): Promise<Applicant> {
  return { ...createAuthenticating(clientId), signer: createSigner({ key: await generateKey('ES256') }) };
}

export function createAuthenticating(clientId: string): Authenticating {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: `${clientId}-1`, alg: 'ES256', use: 'sig' };
  return { clientId, jwk, assertionKey: privateKey };
}

const ACCESS = { scope: SCOPE, resource: AUDIENCE };

/** A good request for a token: client_credentials, unless its parameters say otherwise. */
export async function apply(
  applicant: Applicant,
  nonce: string | undefined,
  parameters: Readonly<Record<string, string>> = { grant_type: 'client_credentials', ...ACCESS },
): Promise<Application> {
  return await applyAt(TOKEN_PATH, applicant, nonce, parameters);
}

/** The same for a pushed authorization request (RFC 9126), of one resource. */
export async function push(applicant: Applicant, nonce: string, parameters: Readonly<Record<string, string>>) {
  return await applyAt(PUSH_PATH, applicant, nonce, { ...ACCESS, ...parameters });
}

/** With an assertion and a proof of its own. */
async function applyAt(
  path: string,
  applicant: Applicant,
  nonce: string | undefined,
  parameters: Readonly<Record<string, string>>,
): Promise<Application> {
  const bound = { method: 'POST', url: ISSUER + path };
  const proof = await applicant.signer.proof(nonce === undefined ? bound : { ...bound, nonce });
  const { headers, body } = authenticated(applicant, parameters);
  return { headers: [...headers, ...['DPoP', proof].map(asReceived)], body };
}

/** A form with an assertion and without a proof, as a resource server sends it. */
export function authenticated(who: Authenticating, parameters: Readonly<Record<string, string>>): Application {
  const form = new URLSearchParams({
    client_id: who.clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion(who),
    ...parameters,
  }).toString();
  return { headers: FORM.map(asReceived), body: asReceived(form) };
}

/** What goes with every form: name, value, name, value. */
export const FORM = ['Content-Type', 'application/x-www-form-urlencoded', 'Accept', 'application/json'];

/** OIDC Core §9. By hand, since hundreds of them are made for each slice. */
function assertion({ clientId, jwk, assertionKey }: Authenticating): string {
  const now = Math.floor(Date.now() / 1000);
  const segments = [
    { alg: 'ES256', kid: (jwk as { kid: string }).kid },
    { iss: clientId, sub: clientId, aud: ISSUER, jti: randomUUID(), iat: now, exp: now + 60 },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const signature = sign('sha256', Buffer.from(segments.join('.')), { key: assertionKey, ...algorithms.ES256.options });
  return [...segments, signature.toString('base64url')].join('.');
}
