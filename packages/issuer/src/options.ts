import type { Clock, Store } from '@holdfast/proof';
import { boundedStore } from './bounded-store.ts';
import { unsignable } from './client/signed-responses.ts';
import { ConfigurationError, type IssuerConfig } from './config.ts';
import type { Audit } from './events.ts';
import { givenKeys } from './keys/given-keys.ts';
import type { KeyRing } from './keys/key-ring.ts';
import type { ExternalLogin, Login } from './login/login.ts';
import { offerOf } from './metadata.ts';

export interface IssuerOptions {
  /** As `readConfig` checked it. */
  readonly config: IssuerConfig;
  /** Where everything is remembered: what was used, what was granted, what was revoked. */
  readonly store: Store;
  /** Milliseconds to wait for the store. Default 2000. */
  readonly storeTimeout?: number;
  readonly clock?: Clock;
  /** The keys that sign. Left out: `signing_keys` of the configuration. */
  readonly keys?: KeyRing;
  /** Who people are: checks the name and password of our page. Guesses are counted here. */
  readonly login?: Login;
  /** Instead: an organisation's own login, which answers by `authorization.loggedIn`. */
  readonly externalLogin?: ExternalLogin;
  /** Records what has effect before its answer leaves; what cannot be recorded is refused. */
  readonly audit?: Audit;
  /**
   * For the keys of clients (`jwks_uri`). Left out: Node's own for those of the configuration, and for those that register one
   * that connects to the public internet alone. One that is given has to see to that itself.
   */
  readonly fetch?: typeof globalThis.fetch;
}

export type Settings = ReturnType<typeof readOptions>;

/** Fills in the defaults. Throws `ConfigurationError` for what could not be served. */
export function readOptions(options: IssuerOptions) {
  const { config, storeTimeout = 2000, clock = Date.now } = options;
  checkLogin(options);
  const keys = options.keys ?? configuredKeys(config);
  checkResponses(config, keys);
  return { ...options, store: boundedStore(options.store, config.issuer, storeTimeout), storeTimeout, clock, keys };
}

function checkLogin({ config, login, externalLogin }: IssuerOptions): void {
  if (!offerOf(config).isForPeople) return;
  if ((login === undefined) === (externalLogin === undefined)) {
    throw new ConfigurationError('clients: authorization_code needs a login, of one kind');
  }
}

function configuredKeys({ signing_keys: signingKeys }: IssuerConfig): KeyRing {
  if (signingKeys === undefined) throw new ConfigurationError('signing_keys: is needed where no key ring is given');
  return givenKeys(signingKeys);
}

/** JARM §3: the answers that clients registered for can be signed. */
function checkResponses({ clients }: IssuerConfig, keys: KeyRing): void {
  clients.forEach((client, i) => {
    const member = unsignable(client, keys);
    if (member !== undefined) throw new ConfigurationError(`clients[${i}].${member}: no key signs by it`);
  });
}
