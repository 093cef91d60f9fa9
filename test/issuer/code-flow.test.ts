import { describe, expect, it } from 'vitest';
import { claims } from './forge.ts';
import { browser, CALLBACK, createPeople, ORDER } from './people.ts';

describe('RFC 6749 §4.1 from the pushed request to the token', () => {
  it('C018 C026 C032 a person approves, and the client gets what was approved', async () => {
    const people = await createPeople();
    const its = browser();
    const requestUri = await people.pushed({ authorization_details: JSON.stringify([ORDER]) });
    const path = await people.open(its, requestUri);
    expect((await people.logIn(its, path)).status).toBe(303);
    const page = await people.browse(its, path);
    expect(page.text).toContain('Trading desk');
    const decided = await people.decide(its, path, 'approve');
    const location = decided.headers['Location'] ?? '';
    expect(location).toMatch(new RegExp(`^${CALLBACK.replace('?', '\\?')}&`));
    const answer = new URL(location).searchParams;
    expect([...answer.keys()]).toEqual(['desk', 'code', 'state', 'iss']);
    const { status, body } = await people.redeem(answer.get('code') ?? '');
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { token_type: 'DPoP', scope: 'orders:read orders:write', authorization_details: [ORDER] },
    });
    expect(claims(body['access_token'])).toMatchObject({ sub: 'person-anna', client_id: 'trader' });
    const again = await people.refresh(String(body['refresh_token']));
    expect(again.status).toBe(200);
    expect(again.body).not.toHaveProperty('refresh_token');
  });
});
