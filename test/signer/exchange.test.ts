import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { dpopClient, proofKey } from './clients.ts';
import { granted, nonceChallenge, scriptedIssuer } from './scripted-issuer.ts';
import { scriptedVenue } from './scripted-venue.ts';

const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';

describe('RFC 8693 §2.1: a token for somebody else’s', () => {
  it('is asked for with it, as the client, by its key, and serves for calls', async () => {
    const script = { token: () => granted({ access_token: 'exchanged', issued_token_type: ACCESS_TOKEN_TYPE }) };
    await using venue = await scriptedVenue(() => ({ body: 'ok' }), { script });
    const wanted = { resource: 'https://backend.example', scope: 'orders:read' };
    const caller = venue.client.exchange({ subjectToken: 'SUBJECT', ...wanted });
    await caller.fetch(venue.origin);
    await caller.fetch(venue.origin);
    const [{ form, proof } = {}, another] = venue.issuer.tokenRequests;
    expect(another).toBeUndefined();
    expect(Object.fromEntries(form ?? [])).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: 'SUBJECT',
      subject_token_type: ACCESS_TOKEN_TYPE,
      ...wanted,
      client_id: 'trader',
      client_assertion: expect.any(String),
      client_assertion_type: expect.any(String),
    });
    expect(proof?.header.jwk).toEqual(proofKey.publicJwk);
    expect(venue.calls.map(({ headers }) => headers.get('authorization'))).toEqual([
      'DPoP exchanged',
      'DPoP exchanged',
    ]);
  });

  it('asks for the other token each time, since it is another one by then', async () => {
    let time = 1_790_000_000_000;
    await using server = await scriptedIssuer({ token: (_, nth) => granted({ access_token: `token-${nth}` }) });
    const client = dpopClient({ issuer: server.issuer, clock: () => time });
    let nth = 0;
    const subjectToken = async () => {
      nth += 1;
      return `subject-${nth}`;
    };
    const subjectTokenType = 'urn:ietf:params:oauth:token-type:jwt';
    const caller = client.exchange({ subjectToken, subjectTokenType });
    await caller.token();
    time += 300_000;
    expect((await caller.token()).accessToken).toBe('token-2');
    const asked = server.tokenRequests.map(({ form }) => [form.get('subject_token'), form.get('subject_token_type')]);
    expect(asked).toEqual([
      ['subject-1', subjectTokenType],
      ['subject-2', subjectTokenType],
    ]);
  });

  it('is kept apart from those of the client, and from those for other people', async () => {
    await using server = await scriptedIssuer({
      token: ({ body }) =>
        granted({ access_token: new URLSearchParams(body.toString()).get('subject_token') ?? 'own' }),
    });
    const client = dpopClient({ issuer: server.issuer });
    const callers = [client, client.exchange({ subjectToken: 'anna' }), client.exchange({ subjectToken: 'ben' })];
    const tokens = await Promise.all([...callers, ...callers].map((caller) => caller.token()));
    expect(tokens.map(({ accessToken }) => accessToken)).toEqual(['own', 'anna', 'ben', 'own', 'anna', 'ben']);
  });

  it('C092 goes again after a nonce challenge', async () => {
    await using server = await scriptedIssuer({
      token: (_, nth) => (nth === 1 ? nonceChallenge('n-1') : granted()),
    });
    await dpopClient({ issuer: server.issuer }).exchange({ subjectToken: 'SUBJECT' }).token();
    expect(server.tokenRequests.map(({ proof }) => proof?.payload['nonce'])).toEqual([undefined, 'n-1']);
    expect(server.tokenRequests.map(({ form }) => form.get('subject_token'))).toEqual(['SUBJECT', 'SUBJECT']);
  });

  it('C093 is refused when it is not bound, or not given, and no error quotes the other one', async () => {
    await using server = await scriptedIssuer({
      token: (_, nth) =>
        nth === 1
          ? { status: 400, body: { error: 'invalid_grant', error_description: 'SUBJECT is old' } }
          : granted({ token_type: 'N_A' }),
    });
    const caller = dpopClient({ issuer: server.issuer }).exchange({ subjectToken: 'SUBJECT' });
    for (const expected of [{ detail: 'invalid_grant' }, { code: 'token_type_mismatch' }]) {
      const error: unknown = await caller.token().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject(expected);
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('SUBJECT');
    }
  });

  it('fails as the source of the other one fails', async () => {
    await using server = await scriptedIssuer();
    const subjectToken = () => {
      throw new Error('nobody is logged in');
    };
    await expect(dpopClient({ issuer: server.issuer }).exchange({ subjectToken }).token()).rejects.toThrow('nobody is');
    expect(server.tokenRequests).toHaveLength(0);
  });
});
