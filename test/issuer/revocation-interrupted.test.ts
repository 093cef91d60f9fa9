import { describe, expect, it } from 'vitest';
import type { IssuerEvent } from '../../packages/issuer/src/events.ts';
import { createPeople } from './people.ts';

describe('a revocation that was interrupted', () => {
  it('REV-2.1-04 is told and recorded when it is asked for again, and once only', async () => {
    const told: IssuerEvent[] = [];
    let isFull = false;
    const audit = (event: IssuerEvent) => {
      if (isFull && event.event === 'grant.revoked') throw new Error('no space');
      told.push(event);
    };
    const people = await createPeople({}, { audit });
    const { body } = await people.redeem(await people.code());
    const token = String(body['refresh_token']);
    isFull = true;
    expect(await people.send('revoke', { form: { token } })).toMatchObject({
      status: 503,
      body: { code: 'audit_unavailable' },
    });
    // Closed all the same
    expect((await people.refresh(token)).body['code']).toBe('grant_revoked');
    isFull = false;
    for (let i = 0; i < 2; i++) expect((await people.send('revoke', { form: { token } })).status).toBe(200);
    expect(told.filter(({ event }) => event === 'grant.revoked')).toHaveLength(1);
  });
});
