import { type Client, type ClientOptions, createClient, generateKey } from '@holdfast/signer';
import { onTestFinished } from 'vitest';
import { authority, identities } from './authorities.ts';

export const proofKey = await generateKey();
export const assertionKey = await generateKey();

/** A client of private_key_jwt and DPoP that trusts the authority of these tests, closed after the test. */
export function dpopClient(options: Pick<ClientOptions, 'issuer'> & Partial<ClientOptions>): Client {
  return closing({
    clientId: 'trader',
    auth: { method: 'private_key_jwt', key: assertionKey },
    binding: { method: 'dpop', key: proofKey },
    tls: { ca: authority.certificate },
    ...options,
  });
}

/** A client that authenticates by its certificate and has its tokens bound to it. */
export function mtlsClient(options: Pick<ClientOptions, 'issuer'> & Partial<ClientOptions>): Client {
  return closing({
    clientId: 'trader',
    auth: { method: 'tls_client_auth' },
    binding: { method: 'mtls' },
    tls: identities.trader.tls,
    ...options,
  });
}

function closing(options: ClientOptions): Client {
  const client = createClient(options);
  onTestFinished(() => client.close());
  return client;
}
