import { asRefusal, HoldfastError } from '@holdfast/proof';
import { type Client, isRegistered } from '../client/clients.ts';
import type { IssuerRequest, Parameters } from '../form.ts';
import { type Account, isSubject } from '../login/login.ts';
import type { Parts } from '../parts.ts';
import { type Reply, redirect } from '../reply.ts';
import { type Interaction, pageUrl } from './interactions.ts';
import { showLogin } from './screens.ts';

/** Who the person is: by name and password on our page, or by the word of an organisation's login. */
export interface SignIn {
  /** The login form. RFC 9700 §4.16: guesses are counted before the password is looked at. */
  attempt(interaction: Interaction, client: Client, form: Parameters, request: IssuerRequest): Promise<Reply>;
  /** This person has logged in. NOT checked: that it is so. */
  enter(interaction: Interaction, account: Account): Promise<Reply>;
  /** Throws for an account that could be taken for something else. */
  checkSubject(account: Account): Promise<void>;
}

export function createSignIn(parts: Parts): SignIn {
  const { config, clients, interactions, login, lockout, events } = parts;

  // null or false, as a hook without types may say, is a wrong password, and counts as one
  const check = (name: string, password: string, address: string) =>
    lockout.attempt({ name, address }, async () => (await login?.check(name, password)) || undefined);

  async function readAccount(form: Parameters, { address = '' }: IssuerRequest): Promise<Account> {
    const [name, password] = [form.get('login'), form.get('password')];
    const isComplete = name !== undefined && password !== undefined;
    const account = isComplete ? await check(name, password, address) : undefined;
    if (account === undefined) throw new HoldfastError('login_refused');
    return account;
  }

  // RFC 9068 §5, FAPI 2.0 §6.7: a resource server could not tell such a person from that client
  async function checkSubject({ sub }: Account): Promise<void> {
    // The word of a hook: of several people without a name each would be taken for the others
    if (!isSubject(sub)) throw new HoldfastError('internal', { detail: 'a subject that is none' });
    if (await isRegistered(clients, sub)) throw new HoldfastError('internal', { detail: 'a subject that is a client' });
  }

  async function enter(interaction: Interaction, account: Account): Promise<Reply> {
    await checkSubject(account);
    // Told before it counts: nobody is in whose login could not be recorded
    await events.tell({ event: 'login.succeeded', subject: account.sub, clientId: interaction.request.clientId });
    await interactions.logIn(interaction, account);
    return redirect(pageUrl(config.issuer, interaction.id));
  }

  return {
    checkSubject,
    enter,
    async attempt(interaction, client, form, request) {
      try {
        return await enter(interaction, await readAccount(form, request));
      } catch (thrown) {
        const refusal = asRefusal(thrown);
        if (refusal.error !== 'access_denied' && refusal.code !== 'too_many_requests') throw refusal;
        await events.tell({ event: 'login.refused', code: refusal.code, clientId: client.clientId });
        return showLogin(interaction, client, parts, { refusal, name: form.get('login') });
      }
    },
  };
}
