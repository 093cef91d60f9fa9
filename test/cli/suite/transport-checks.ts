import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { OLD, probe, suitesOfTls12, TOO_OLD } from '../../tls-probe.ts';
import { readAnswer } from './answer.ts';
import type { Suite } from './suite.ts';

const RECOMMENDED = /^ECDHE-(?:ECDSA|RSA)-(?:AES(?:128|256)-GCM-SHA(?:256|384)|CHACHA20-POLY1305)$/;

/** C099 and C100: every listener. */
export function transportChecks(suite: () => Suite): void {
  const origins = () => [suite().operator.issuer, suite().operator.mtlsOrigin, new URL(suite().operator.other).origin];
  const ports = () => origins().map((origin) => Number(new URL(origin).port));
  const trust = () => ({ ca: suite().operator.ca });

  describe('every listener', () => {
    it('C099 refuses what is older than TLS 1.2, and prefers 1.3', async () => {
      for (const port of ports()) {
        for (const maxVersion of ['TLSv1', 'TLSv1.1'] as const) {
          expect(await probe(port, { ...trust(), ...OLD, maxVersion })).toBe(TOO_OLD);
        }
        expect(await probe(port, { ...trust(), ...OLD })).toMatchObject({ version: 'TLSv1.3' });
      }
    });

    it('C099 takes of TLS 1.2 the suites that are recommended', async () => {
      for (const port of ports()) {
        const taken = await suitesOfTls12(port, trust());
        expect(taken).not.toEqual([]);
        for (const name of taken) expect(name).toMatch(RECOMMENDED);
      }
    });

    it('C100 has a certificate for its name, and says nothing without TLS', async () => {
      for (const port of ports()) {
        expect(await probe(port, trust())).toMatchObject({ version: 'TLSv1.3' });
        expect(await probe(port, { ...trust(), servername: 'other.example' })).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
        expect(await probe(port, {})).toMatch(/^UNABLE_TO_VERIFY|^SELF_SIGNED/);
        const socket = connect(port, '127.0.0.1').on('error', () => {});
        socket.write('GET /jwks HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
        expect(await text(socket).catch(() => '')).not.toContain('HTTP/1');
      }
    });

    it('C100 answers in the words of OAuth who shows no certificate, or one that it does not know', async () => {
      const { site } = suite();
      for (const url of [
        ...Object.values(site.metadata.mtls_endpoint_aliases ?? {}),
        suite().other.metadata.token_endpoint,
      ]) {
        for (const holder of [undefined, 'stranger'] as const) {
          const headers = ['Content-Type', 'application/x-www-form-urlencoded'];
          const sent = { method: 'POST' as const, headers, body: 'client_id=cert-mtls-one&token=t', holder };
          const { status, headers: said, text: body } = await site.send(url, sent);
          expect([400, 401]).toContain(status);
          if (!url.endsWith('/userinfo')) expect(readAnswer(status, said, body).body['error']).toMatch(/^invalid_/);
        }
      }
    });
  });
}
