import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IssuerForPeople, PAIRS, serveForPeople } from './issuer-for-people.ts';
import { proofKeys } from './peer-client.ts';
import { oauth4webapiPeople } from './people-oauth4webapi.ts';
import { openidClientPeople } from './people-openid-client.ts';

let issuer: IssuerForPeople;

beforeAll(async () => {
  issuer = await serveForPeople();
});
afterAll(() => issuer[Symbol.asyncDispose]());

describe.each([
  ['oauth4webapi', oauth4webapiPeople],
  ['openid-client', openidClientPeople],
])('a client built from %s', (_, makeClient) => {
  describe.each(PAIRS)('$authenticatesBy and $bindsBy', (pair) => {
    it.each([
      ['C007 C018 C026 C056', 'plain requests and answers', false],
      ['C058 C062 FAPIMS-5.3.1-01 FAPIMS-5.4.1-01', 'signed requests and answers', true],
    ])('%s goes all the way with %s', async (_ids, _words, isSigned) => {
      const keys = pair.bindsBy === 'dpop' ? await proofKeys() : undefined;
      const client = await makeClient({ issuer, pair, keys });
      const { url, finish } = await client.begin(isSigned);
      expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);

      const answer = await issuer.approve(url);
      expect([...answer.searchParams.keys()]).toEqual(isSigned ? ['response'] : ['code', 'state', 'iss']);
      const tokens = await finish(answer);
      expect(tokens).toMatchObject({ tokenType: pair.bindsBy === 'dpop' ? 'dpop' : 'bearer', subject: 'anna' });
      const member = pair.bindsBy === 'dpop' ? 'jkt' : 'x5t#S256';
      expect(decodeJwt(tokens.accessToken)['cnf']).toEqual({ [member]: expect.stringMatching(/^[\w-]{43}$/) });

      const refreshed = await client.refresh(tokens.refreshToken ?? '');
      expect(await client.userinfo(refreshed.accessToken, 'anna')).toEqual({ sub: 'anna' });
      expect(await client.introspect(refreshed.accessToken)).toMatchObject({ active: true, client_id: pair.clientId });
      await client.revoke(tokens.refreshToken ?? '');
      expect(await client.introspect(refreshed.accessToken)).toEqual({ active: false });
      await expect(client.refresh(tokens.refreshToken ?? '')).rejects.toMatchObject({ error: 'invalid_grant' });
    });
  });
});
