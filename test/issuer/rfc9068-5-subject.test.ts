import { describe, expect, it } from 'vitest';
import { browser, createPeople, type People } from './people.ts';
import { MACHINE, registrationConfig, registrationScene } from './registration-scene.ts';

/** What a person of this `sub` is shown, who logs in with the right password. */
async function loggedIn(
  sub: string,
  people: (login: object) => Promise<People>,
): Promise<{ status: number; text: string }> {
  const its = await people({ check: async () => ({ sub }) });
  const tab = browser();
  const path = await its.open(tab, await its.pushed());
  const { status, text, headers } = await its.logIn(tab, path);
  if (status !== 303) expect(headers).not.toHaveProperty('Location');
  return { status, text };
}

describe('RFC 9068 §5 no client is called like a person', () => {
  it('AT-5-02 whoever registers gets a name that is ours to choose', async () => {
    const scene = registrationScene();
    const { body } = await scene.register({ ...MACHINE, client_id: 'person-anna', sub: 'person-anna' });
    expect(body['client_id']).toMatch(/^dyn-[A-Za-z0-9_-]{22}$/);
  });

  it('AT-5-02 a person who is called like a configured client is not logged in', async () => {
    const withLogin = (login: object) => createPeople({}, { login: login as never });
    expect(await loggedIn('trader', withLogin)).toMatchObject({
      status: 500,
      text: expect.stringContaining('server_error'),
    });
    expect(await loggedIn('rival', withLogin)).toMatchObject({ status: 500 });
    expect(await loggedIn('trader-anna', withLogin)).toMatchObject({ status: 303 });
  });

  it('AT-5-02 nor by the login of an organisation', async () => {
    const externalLogin = { start: ({ id }: { id: string }) => `https://login.example/?for=${id}` };
    const people = await createPeople({}, { externalLogin });
    const path = await people.open(browser(), await people.pushed());
    const id = path.split('/').at(-1) ?? '';
    const { authorization } = people.issuer;
    await expect(authorization.loggedIn(id, { sub: 'trader' })).rejects.toMatchObject({ code: 'internal' });
    await expect(authorization.loggedIn(id, { sub: 'person-anna' })).resolves.toContain('ticket=');
  });

  it('AT-5-02 nor like one that registered by itself', async () => {
    const { registration: rules } = registrationConfig();
    const people = await createPeople({ registration: rules });
    const registered = await people.issuer.registration?.register({
      method: 'POST',
      target: '/register',
      origin: 'https://issuer.example',
      headers: ['Authorization', 'Bearer another', 'Content-Type', 'application/json'],
      body: JSON.stringify(MACHINE),
    });
    const { client_id: sub } = JSON.parse(registered?.body ?? '') as { client_id: string };
    const ticket = people.issuer.authorization.loggedIn('A'.repeat(22), { sub });
    await expect(ticket).rejects.toMatchObject({ code: 'internal' });
  });
});
