import type { ExternalLogin } from '@holdfast/issuer';
import { describe, expect, it } from 'vitest';
import { claims, ISSUER, NOW } from './forge.ts';
import { codeOf, expectPage } from './interaction-scene.ts';
import { type Browser, browser, createPeople, csrfOf, DESK, type Fields, PASSWORD, type People } from './people.ts';
import { expectToken } from './scene.ts';

type Asked = Parameters<ExternalLogin['start']>[0];

const LOGIN = 'https://login.bank.example/start';

interface Bank {
  readonly people: People;
  /** What the bank's login was asked, the last one at the end. */
  readonly asked: Asked[];
}

/** An issuer whose people log in at their bank. */
async function createBank(start = ({ id }: Asked) => `${LOGIN}?for=${id}`): Promise<Bank> {
  const asked: Asked[] = [];
  const externalLogin: ExternalLogin = {
    start(interaction) {
      asked.push(interaction);
      return start(interaction);
    },
  };
  return { people: await createPeople({}, { externalLogin }), asked };
}

interface Sent {
  readonly its: Browser;
  readonly path: string;
  readonly id: string;
}

/** A browser that was sent to the bank. */
async function sentToBank({ people, asked }: Bank, form: Fields = {}): Promise<Sent> {
  const its = browser();
  const path = await people.open(its, await people.pushed(form));
  const { status, headers } = await people.browse(its, path);
  const id = asked.at(-1)?.id ?? '';
  expect({ status, location: headers['Location'] }).toEqual({ status: 303, location: `${LOGIN}?for=${id}` });
  return { its, path, id };
}

const anna = { sub: 'bank-anna', name: 'Anna at the bank' };
const mallory = { sub: 'bank-mallory', name: 'Mallory' };

const loggedIn = ({ people }: Bank, { id }: Sent, account = anna) => people.issuer.authorization.loggedIn(id, account);

describe('an organisation that has its own login', () => {
  it('learns for whom', async () => {
    const bank = await createBank();
    const { id } = await sentToBank(bank, { login_hint: 'anna@bank' });
    expect(bank.asked).toEqual([{ id, clientId: 'trader', clientName: DESK.client_name, loginHint: 'anna@bank' }]);
  });

  it('C027 says that the person gave up: the client is told so, once, and nobody is logged in', async () => {
    const bank = await createBank();
    const { its, id } = await sentToBank(bank);
    const back = await bank.people.issuer.authorization.gaveUp(id);
    const { status, headers } = await bank.people.browse(its, back);
    const answer = new URL(headers['Location'] ?? '').searchParams;
    expect([status, answer.get('error'), answer.get('iss'), answer.has('code')]).toEqual([
      303,
      'access_denied',
      ISSUER,
      false,
    ]);
    expectPage(await bank.people.browse(its, back), 'request_uri_used');
    const late = await bank.people.issuer.authorization.loggedIn(id, anna);
    expectPage(await bank.people.browse(its, late), 'request_uri_used');
  });

  it('RFC 9700 §4.14.2 can end what a person allowed, by not knowing her any more', async () => {
    const known = new Set([anna.sub]);
    const externalLogin = { start: ({ id }: Asked) => `${LOGIN}?for=${id}`, isKnown: (sub: string) => known.has(sub) };
    const people = await createPeople({}, { externalLogin });
    const its = browser();
    const path = await people.open(its, await people.pushed());
    const ticket = await people.issuer.authorization.loggedIn(path.split('/').at(-1) ?? '', anna);
    await people.browse(its, ticket);
    const { body } = await people.redeem(codeOf(await people.decide(its, path, 'approve')));
    expect((await people.refresh(String(body['refresh_token']))).status).toBe(200);
    known.clear();
    expect((await people.refresh(String(body['refresh_token']))).body['code']).toBe('grant_revoked');
  });

  it('is not heard about a person who gave up in another browser', async () => {
    const bank = await createBank();
    const [one, other] = [await sentToBank(bank), await sentToBank(bank)];
    const back = await bank.people.issuer.authorization.gaveUp(one.id);
    expectPage(await bank.people.browse(other.its, back), 'interaction_unknown');
    expect((await bank.people.browse(one.its, back)).headers['Location']).toContain('access_denied');
  });

  it('C026 FAPI2-5.3.2.2-11 answers for the browser, which comes back and gives its code', async () => {
    const bank = await createBank();
    const { people } = bank;
    const sent = await sentToBank(bank, { scope: 'openid orders:read' });
    people.now = NOW + 30;
    const back = await people.browse(sent.its, await loggedIn(bank, sent));
    // Without the ticket, which would stay in the history
    expect(back).toMatchObject({ status: 303, headers: { Location: ISSUER + sent.path } });
    expect((await people.browse(sent.its, sent.path)).text).toContain('Anna at the bank');
    const { body } = await people.redeem(codeOf(await people.decide(sent.its, sent.path, 'approve')));
    expect(claims(body['access_token'])['sub']).toBe('bank-anna');
    expect(claims(body['id_token'])).toMatchObject({ sub: 'bank-anna', auth_time: NOW + 30 });
  });

  it('C027 is followed by our own page, where the person can deny', async () => {
    const bank = await createBank();
    const sent = await sentToBank(bank);
    await bank.people.browse(sent.its, await loggedIn(bank, sent));
    const { headers } = await bank.people.decide(sent.its, sent.path, 'deny');
    expect(headers['Location']).toContain('error=access_denied');
  });

  it('is asked again by a browser that comes back without having logged in', async () => {
    const bank = await createBank();
    const { its, path, id } = await sentToBank(bank);
    const { headers } = await bank.people.browse(its, path);
    expect(headers['Location']).toBe(`${LOGIN}?for=${id}`);
  });

  it.each([
    'http://login.bank.example',
    'javascript:alert(1)',
    '/start',
    '',
    'https://a@login.bank.example',
    'https://a\r\nb',
  ])('that sends people to %j is not followed', async (url) => {
    const bank = await createBank(() => url);
    const its = browser();
    const path = await bank.people.open(its, await bank.people.pushed());
    const { status, headers, refusal } = await bank.people.browse(its, path);
    expect({ status, code: refusal?.code }).toEqual({ status: 500, code: 'internal' });
    expect(headers).not.toHaveProperty('Location');
  });

  it('is the only one: our own page takes no password and is never shown', async () => {
    const bank = await createBank();
    const { people } = bank;
    const sent = await sentToBank(bank);
    await people.browse(sent.its, await loggedIn(bank, sent));
    const csrf = csrfOf((await people.browse(sent.its, sent.path)).text);
    const answer = await people.browse(sent.its, sent.path, { csrf, login: 'anna', password: PASSWORD });
    expectPage(answer, 'form_malformed');
    expect(answer.text).not.toContain('password');
  });
});

describe('RFC 9700 §4.7 a ticket of the login', () => {
  it('is good once', async () => {
    const bank = await createBank();
    const sent = await sentToBank(bank);
    const url = await loggedIn(bank, sent);
    expect((await bank.people.browse(sent.its, url)).status).toBe(303);
    expectPage(await bank.people.browse(sent.its, url), 'interaction_unknown');
  });

  it('is good once, also at one moment', async () => {
    const bank = await createBank();
    const sent = await sentToBank(bank);
    const url = await loggedIn(bank, sent);
    const answers = await Promise.all(Array.from({ length: 20 }, () => bank.people.browse(sent.its, url)));
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
  });

  it('is good for its own interaction and for no other, whoever has both', async () => {
    const bank = await createBank();
    const [mine, theirs] = [await sentToBank(bank), await sentToBank(bank)];
    const ticket = new URL(await loggedIn(bank, theirs, mallory)).search;
    expectPage(await bank.people.browse(mine.its, mine.path + ticket), 'interaction_unknown');
    expect((await bank.people.browse(mine.its, mine.path)).headers['Location']).toContain(LOGIN);
  });

  it.each(['a', 'A'.repeat(43), '__proto__'])('is not made up: %j', async (ticket) => {
    const bank = await createBank();
    const { its, path } = await sentToBank(bank);
    expectPage(await bank.people.browse(its, `${path}?ticket=${ticket}`), 'interaction_unknown');
  });

  it.each([
    [60, true],
    [61, false],
  ])('%d s later: good is %j', async (seconds, isGood) => {
    const bank = await createBank();
    const sent = await sentToBank(bank);
    const url = await loggedIn(bank, sent);
    bank.people.now = NOW + seconds;
    const answer = await bank.people.browse(sent.its, url);
    if (isGood) expect(answer.status).toBe(303);
    else expectPage(answer, 'interaction_unknown');
  });

  it('puts nobody in the place of who logged in before', async () => {
    const bank = await createBank();
    const { people } = bank;
    const sent = await sentToBank(bank);
    const [first, second] = [await loggedIn(bank, sent), await loggedIn(bank, sent, mallory)];
    for (const url of [first, second]) await people.browse(sent.its, url);
    const { body } = await people.redeem(codeOf(await people.decide(sent.its, sent.path, 'approve')));
    expect(claims(body['access_token'])['sub']).toBe('bank-anna');
  });

  it('gives nothing once the request was decided', async () => {
    const bank = await createBank();
    const sent = await sentToBank(bank);
    const [first, second] = [await loggedIn(bank, sent), await loggedIn(bank, sent)];
    await bank.people.browse(sent.its, first);
    await bank.people.decide(sent.its, sent.path, 'approve');
    expectPage(await bank.people.browse(sent.its, second), 'request_uri_used');
  });

  it('of an interaction that nobody began is worth nothing', async () => {
    const bank = await createBank();
    const url = await bank.people.issuer.authorization.loggedIn('A'.repeat(22), anna);
    expectPage(await bank.people.browse(browser(), url), 'interaction_unknown');
  });
});

describe('RFC 9700 §4.7 who begins the request in his browser gets nothing of who logs in elsewhere', () => {
  it('the attacker begins, the victim follows his link and logs in', async () => {
    const bank = await createBank();
    const { people } = bank;
    const attacker = await sentToBank(bank);
    const victim = browser();
    // The victim logs in at the bank by the link that was meant for the attacker, and comes back with the ticket
    const url = await loggedIn(bank, attacker);
    expectPage(await people.browse(victim, url), 'interaction_unknown');
    expectPage(await people.browse(victim, attacker.path, { decision: 'approve' }), 'interaction_unknown');
    // The attacker, who never sees the ticket, is where he was
    expect((await people.browse(attacker.its, attacker.path)).headers['Location']).toContain(LOGIN);
    expect((await people.decide(attacker.its, attacker.path, 'approve')).headers).not.toHaveProperty('Location');
  });

  it('the attacker logs in and wants the victim to go on as himself', async () => {
    const bank = await createBank();
    const { people } = bank;
    const [attacker, victim] = [await sentToBank(bank), await sentToBank(bank)];
    const url = await loggedIn(bank, attacker, mallory);
    expectPage(await people.browse(victim.its, url), 'interaction_unknown');
    await people.browse(victim.its, await loggedIn(bank, victim));
    const answer = await people.redeem(codeOf(await people.decide(victim.its, victim.path, 'approve')));
    expect(claims(expectToken(answer))['sub']).toBe('bank-anna');
  });
});
