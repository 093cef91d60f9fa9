import { readFile } from 'node:fs/promises';
import type { Clock } from '@holdfast/proof';
import {
  type Client,
  type ClientOptions,
  createClient,
  createSigner,
  generateKey,
  importKey,
  type ProofKey,
  type Signer,
} from '@holdfast/signer';
import { Agent } from 'undici';
import { readPrivateKey } from '../private-key-file.ts';
import { CALLBACK, TRADING } from './clients.ts';
import type { Deployment } from './deployment.ts';
import { createDesk, type Desk } from './desk.ts';
import { createPerson, type Person } from './person.ts';
import { createWire, type Wire } from './wire.ts';

/** Who takes part: honest traders, and thieves with what they hold. */
export interface Cast {
  readonly deployment: Deployment;
  readonly clock: Clock;
  /** Trades with DPoP. */
  readonly dpop: Client;
  /** The same with the same key, and signs its messages: RFC 9421. */
  readonly signing: Client;
  /** The key of `dpop`, to make the proofs that a thief records or would need. */
  readonly dpopSigner: Signer;
  /** Trades with a certificate. */
  readonly mtls: Client;
  readonly selfSigned: Client;
  /** May only read orders. */
  readonly auditor: Client;
  /** A thief without certificate. */
  readonly thief: Wire;
  /** A thief with a certificate of his own, by the same authority. */
  readonly thiefWithCertificate: Wire;
  readonly thiefKey: ProofKey;
  /** With which the DPoP trader authenticates at the issuer. */
  readonly traderKey: ProofKey;
  readonly thiefSigner: Signer;
  readonly anna: Person;
  /** Whom Anna lets trade for her, and somebody who would like to be. */
  readonly desk: Desk;
  readonly deskSigner: Signer;
  readonly rival: Desk;
  close(): Promise<void>;
}

export async function createCast(deployment: Deployment, clock: Clock): Promise<Cast> {
  const { facts, certificates } = deployment;
  const ca = await readFile(facts.ca, 'utf8');
  const pem = async ({ certificate, key }: { certificate: string; key: string }) => ({
    ca,
    cert: await readFile(certificate, 'utf8'),
    key: await readFile(key, 'utf8'),
  });
  const authKey = async (id: string) =>
    importKey(await readPrivateKey(facts.clients.find((each) => each.client_id === id)?.key ?? ''));
  const base = { issuer: facts.issuer, clock };
  const [key, auditorKey, thiefKey] = await Promise.all([
    generateKey('ES256'),
    generateKey('Ed25519'),
    generateKey('ES256'),
  ]);
  const jwtClient = async (clientId: string, proofKey: ProofKey, more: Partial<ClientOptions> = {}) => {
    const auth = { method: 'private_key_jwt', key: await authKey(clientId) } as const;
    return createClient({ ...base, clientId, auth, binding: { method: 'dpop', key: proofKey }, tls: { ca }, ...more });
  };
  const certificateClient = async (
    clientId: string,
    method: 'tls_client_auth' | 'self_signed_tls_client_auth',
    pair: { certificate: string; key: string },
  ) => createClient({ ...base, clientId, auth: { method }, binding: { method: 'mtls' }, tls: await pem(pair) });

  const dpop = await jwtClient('trader-dpop', key);
  const signing = await jwtClient('trader-dpop', key, { signatures: {} });
  const auditor = await jwtClient('auditor-dpop', auditorKey);
  const mtls = await certificateClient('trader-mtls', 'tls_client_auth', certificates.clients.traderMtls);
  const selfSigned = await certificateClient(
    'trader-self-signed',
    'self_signed_tls_client_auth',
    certificates.clients.traderSelfSigned,
  );
  const thief = createWire({ ca });
  const thiefWithCertificate = createWire(await pem(certificates.clients.thief));
  const browser = new Agent({ connect: { ca } });
  const deskSigner = createSigner({ key: await generateKey('ES256'), clock });
  const deskOf = async (clientId: string, signer: Signer) =>
    createDesk({
      ...{ issuer: facts.issuer, clientId, redirectUri: CALLBACK, scope: TRADING },
      ...{ key: await authKey(clientId), signer, wire: thief, clock },
    });
  const everybody = [dpop, signing, auditor, mtls, selfSigned, thief, thiefWithCertificate, browser];
  return {
    deployment,
    clock,
    dpop,
    signing,
    dpopSigner: createSigner({ key, clock }),
    mtls,
    selfSigned,
    auditor,
    thief,
    thiefWithCertificate,
    thiefKey,
    traderKey: await authKey('trader-dpop'),
    thiefSigner: createSigner({ key: thiefKey, clock }),
    anna: createPerson(facts.person, browser),
    desk: await deskOf('desk', deskSigner),
    deskSigner,
    rival: await deskOf('rival-desk', createSigner({ key: thiefKey, clock })),
    close: async () => {
      await Promise.all(everybody.map((each) => each.close()));
    },
  };
}
