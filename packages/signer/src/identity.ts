import type { Clock, ProofKey } from '@holdfast/proof';
import type { Authentication } from './issuer/authentication.ts';
import type { MessageSigner } from './messages/message-signer.ts';
import type { Messages } from './messages/messages.ts';
import { createNonceMemory, type NonceMemory } from './nonce-memory.ts';
import { createProofPool, type ProofPool, type ProofPoolOptions } from './proof-pool.ts';
import { createSigner, type Signer, type SignerOptions } from './signer.ts';
import { createTransport, type TlsIdentity, type Transport } from './transport.ts';

/** What tokens are bound to: a key that signs proofs, or the certificate of the connection. */
export type Binding = { readonly method: 'dpop'; readonly key: ProofKey } | { readonly method: 'mtls' };

/** Who a client is until its keys or its certificate are replaced: then it has another one. */
export interface Identity {
  readonly auth: Authentication;
  readonly binding: Binding;
  readonly transport: Transport;
  /** Whether the issuer is to see the certificate: to authenticate, to bind, or both. */
  readonly needsCertificate: boolean;
  /** Absent where the certificate of the connection is the proof (RFC 8705). */
  readonly signer: Signer | undefined;
  /** Absent where messages are not signed. */
  readonly messageSigner: MessageSigner | undefined;
  /** What the resource servers gave for this key. */
  readonly nonces: NonceMemory;
  /** What the issuer gave, which may be at the same origin as a resource server (RFC 9449 §9). */
  readonly issuerNonces: NonceMemory;
  /** Forgets the proofs that were made in advance. Connections are closed by whoever shares them. */
  end(): void;
}

/** What of it can be replaced. */
export interface Credentials {
  readonly auth: Authentication;
  readonly binding: Binding;
  readonly tls: TlsIdentity;
}

/** Requests whose proofs are made in advance: see `createProofPool` for what that costs. */
export type Presigned = Pick<ProofPoolOptions, 'requests' | 'size' | 'maxAge'>;

export interface IdentityOptions extends Required<Pick<SignerOptions, 'clock' | 'allowLoopbackHttp'>> {
  readonly presigned: Presigned | undefined;
  readonly messages: Pick<Messages, 'signerOf'> | undefined;
}

/** Throws TypeError without a certificate where one is needed. `transport`: the one in use, where it can stay. */
export function createIdentity(
  credentials: Credentials,
  options: IdentityOptions,
  transport: Transport = createTransport(credentials.tls),
): Identity {
  const { auth, binding, tls } = credentials;
  const needsCertificate = binding.method === 'mtls' || auth.method !== 'private_key_jwt';
  if (needsCertificate && (tls.cert === undefined || tls.key === undefined)) {
    throw new TypeError('tls: cert and key are needed for a client that authenticates or binds by certificate');
  }
  const { clock, presigned } = options;
  const signer = binding.method === 'dpop' ? createSigner({ ...options, key: binding.key }) : undefined;
  const pool = signer && presigned && createProofPool({ ...presigned, signer, clock });
  return {
    auth,
    binding,
    transport,
    needsCertificate,
    signer: signer && pool ? drawing(pool, signer, clock) : signer,
    messageSigner: options.messages?.signerOf(credentials),
    nonces: createNonceMemory(),
    issuerNonces: createNonceMemory(),
    end: () => pool?.close(),
  };
}

/** Takes from the pool what is there, and signs the rest. What is there was made by our clock. */
function drawing(pool: ProofPool, signer: Signer, ours: Clock): Signer {
  return {
    jkt: signer.jkt,
    async proof(request) {
      const { clock = ours } = request;
      return (clock === ours ? pool.take(request) : undefined) ?? signer.proof(request);
    },
  };
}
