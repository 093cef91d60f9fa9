import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { algorithms } from '@holdfast/proof';
import { createSigner, generateKey, type Signer } from '@holdfast/signer';
import { AUDIENCE, ISSUER } from './issuer.ts';
import { asReceived } from './request.ts';

export const SCOPE = 'orders:read orders:write';
export const TOKEN_PATH = '/token';
const TOKEN_URL = ISSUER + TOKEN_PATH;

/** A client that asks an issuer for tokens: private_key_jwt by one key, DPoP by another, both ES256. */
export interface Applicant {
  readonly clientId: string;
  /** The public key of its assertions, as it is registered. */
  readonly jwk: object;
  readonly assertionKey: KeyObject;
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
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: `${clientId}-1`, alg: 'ES256', use: 'sig' };
  return { clientId, jwk, assertionKey: privateKey, signer: createSigner({ key: await generateKey('ES256') }) };
}

/** A good request: client_credentials for one resource, with an assertion and a proof of its own. */
export async function apply(applicant: Applicant, nonce: string | undefined): Promise<Application> {
  const proof = await applicant.signer.proof({
    method: 'POST',
    url: TOKEN_URL,
    ...(nonce === undefined ? {} : { nonce }),
  });
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: applicant.clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion(applicant),
    scope: SCOPE,
    resource: AUDIENCE,
  }).toString();
  const headers = ['Content-Type', 'application/x-www-form-urlencoded', 'Accept', 'application/json', 'DPoP', proof];
  return { headers: headers.map(asReceived), body: asReceived(form) };
}

/** OIDC Core §9. By hand, since hundreds of them are made for each slice. */
function assertion({ clientId, jwk, assertionKey }: Applicant): string {
  const now = Math.floor(Date.now() / 1000);
  const segments = [
    { alg: 'ES256', kid: (jwk as { kid: string }).kid },
    { iss: clientId, sub: clientId, aud: ISSUER, jti: randomUUID(), iat: now, exp: now + 60 },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const signature = sign('sha256', Buffer.from(segments.join('.')), { key: assertionKey, ...algorithms.ES256.options });
  return [...segments, signature.toString('base64url')].join('.');
}
