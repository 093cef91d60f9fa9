import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needsProgram } from '../programs.ts';
import { OLD, probe, suitesOfTls12, TOO_OLD } from '../tls-probe.ts';
import { type IssuerFolder, issuerFolder } from './issuer-folder.ts';

let folder: IssuerFolder;
const ports: number[] = [];
let trust: { readonly ca: string };

beforeAll(async () => {
  folder = await issuerFolder();
  await folder.start(await folder.configured());
  for (const origin of [folder.issuer, folder.mtlsOrigin]) ports.push(Number(new URL(origin).port));
  trust = { ca: folder.ca };
}, 30_000);

afterAll(() => folder[Symbol.asyncDispose]());

describe('both listeners of holdfast issuer', () => {
  it.each(['TLSv1', 'TLSv1.1'] as const)('FAPI2-5.2.1-02 C099 refuse %s', async (maxVersion) => {
    for (const port of ports) expect(await probe(port, { ...trust, ...OLD, maxVersion })).toBe(TOO_OLD);
  });

  it('FAPI2-5.2.1-02 C099 prefer TLS 1.3', async () => {
    for (const port of ports) expect(await probe(port, { ...trust, ...OLD })).toMatchObject({ version: 'TLSv1.3' });
  });

  it('FAPI2-5.2.2-01 FAPI2-5.2.3-02 C099 take of TLS 1.2 the suites that are recommended, and no other', async () => {
    for (const port of ports) {
      expect(await suitesOfTls12(port, trust)).toEqual([
        'ECDHE-ECDSA-AES128-GCM-SHA256',
        'ECDHE-ECDSA-AES256-GCM-SHA384',
        'ECDHE-ECDSA-CHACHA20-POLY1305',
      ]);
    }
  });

  it('FAPI2-5.2.1-01 C100 answer nothing without TLS', async () => {
    for (const port of ports) {
      const socket = connectTcp(port, '127.0.0.1').on('error', () => {});
      socket.write('GET /jwks HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
      expect(await text(socket).catch(() => '')).not.toMatch(/HTTP\/1|keys/);
    }
  });

  it('C100 show a certificate that a client who checks chain and name accepts, and under no other name', async () => {
    for (const port of ports) {
      expect(await probe(port, { ...trust, servername: 'localhost' })).toMatchObject({ version: 'TLSv1.3' });
      expect(await probe(port, { ...trust, servername: 'other.example' })).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    }
  });

  it('C100 answer an unauthenticated client in the words of OAuth, also where they ask for certificates', async () => {
    const dispatcher = new Agent({ connect: trust });
    for (const origin of [folder.issuer, folder.mtlsOrigin]) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const body = 'grant_type=client_credentials';
      const answer = await request(`${origin}/token`, { dispatcher, method: 'POST', headers, body });
      expect(answer.statusCode).toBe(401);
      expect(await answer.body.json()).toMatchObject({ error: 'invalid_client' });
    }
    await dispatcher.close();
  });

  it('RFC 9325 §3.3 §3.5 neither compress nor renegotiate, as OpenSSL tells', async (context) => {
    const openssl = needsProgram(context, 'openssl');
    await writeFile(join(folder.path, 'trusted.pem'), folder.ca);
    for (const port of ports) {
      const options = ['-connect', `127.0.0.1:${port}`, '-servername', 'localhost', '-tls1_2', '-comp'];
      const child = spawn(openssl, ['s_client', ...options, '-CAfile', join(folder.path, 'trusted.pem')]);
      const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
      child.stdin.write('R\n'); // asks for a second handshake, which ends the program
      await once(child, 'close');
      expect(await stdout).toMatch(/Compression: NONE/);
      expect(await stdout).toMatch(/Verify return code: 0 \(ok\)/);
      expect(await stdout).toMatch(/Extended master secret: yes/);
      expect(await stderr).toMatch(/RENEGOTIATING\n.*:no renegotiation:/s);
    }
  });
});
