import { describe, expect, it } from 'vitest';
import { dpopClient } from './clients.ts';
import { scriptedIssuer } from './scripted-issuer.ts';

/** A token from an issuer that speaks TLS 1.2 and one suite of it. */
async function tokenBy(ciphers: string): Promise<unknown> {
  await using issuer = await scriptedIssuer({ tls: { maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` } });
  return await dpopClient({ issuer: issuer.issuer }).token();
}

describe('FAPI 2.0 §5.2.2: of TLS 1.2 the client offers', () => {
  it.each(['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305'])(
    'FAPI2-5.2.2-02 %s',
    async (suite) => {
      await expect(tokenBy(suite)).resolves.toBeDefined();
    },
  );

  it.each([
    'ECDHE-ECDSA-AES128-SHA256',
    'ECDHE-ECDSA-AES256-SHA384',
    'ECDHE-ECDSA-AES256-SHA',
    'ECDHE-ECDSA-AES128-CCM',
  ])('FAPI2-5.2.2-02 not %s', async (suite) => {
    await expect(tokenBy(suite)).rejects.toThrow('fetch failed');
  });

  it('FAPI2-5.2.2-02 nothing of TLS 1.1', async () => {
    await using issuer = await scriptedIssuer({
      tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' },
    });
    await expect(dpopClient({ issuer: issuer.issuer }).token()).rejects.toThrow('fetch failed');
  });
});
