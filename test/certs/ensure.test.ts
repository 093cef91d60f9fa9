import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// biome-ignore lint/correctness/noUnresolvedImports: Biome does not know this builtin module
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { type ClientRequest, ensureCertificates, issueClient, loadAuthority } from '@holdfast/certs-scripts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesIn, LAYOUT, temporaryFolder } from './folder.ts';

const now = new Date('2031-05-06T07:08:09Z');
const DAY = 24 * 60 * 60 * 1000;
const later = (days: number) => new Date(now.getTime() + days * DAY);

let sound: string;
beforeAll(async () => {
  sound = mkdtempSync(join(tmpdir(), 'holdfast-certs-'));
  await ensureCertificates(sound, { now });
});
afterAll(() => rmSync(sound, { recursive: true }));

describe('in an empty folder', () => {
  it('makes the whole layout, keys for their owner only', async () => {
    const folder = join(temporaryFolder(), 'deep', 'certs');
    const set = await ensureCertificates(folder, { now });
    const files = filesIn(folder);
    expect([...files.keys()].filter((name) => name !== '.lock').sort()).toEqual([...LAYOUT].sort());
    for (const name of LAYOUT) {
      expect([name, files.get(name)?.mode]).toEqual([name, name.endsWith('.key.pem') ? 0o600 : 0o644]);
    }
    for (const name of ['.', 'clients', 'wrong']) {
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o700);
    }
    expect(set.made.map((path) => path.slice(folder.length + 1))).toEqual(LAYOUT);
    expect(set.validUntil).toEqual(later(90));
  });

  it('tells the path of every file', async () => {
    const folder = temporaryFolder();
    const { directory, authority, server, clients, wrong, made } = await ensureCertificates(folder, { now });
    const pairs = [authority, server, ...Object.values(clients), ...Object.values(wrong)];
    expect(directory).toBe(folder);
    expect(pairs.flatMap(({ certificate, key }) => [certificate, key])).toEqual(made);
    for (const { certificate, key } of pairs) {
      const parsed = new X509Certificate(readFileSync(certificate));
      expect(parsed.checkPrivateKey(createPrivateKey(readFileSync(key)))).toBe(true);
    }
  });

  it('makes the expired and the future certificates wrong for as long as the set is used', async () => {
    const { wrong, validUntil } = await ensureCertificates(temporaryFolder(), { now });
    const future = new X509Certificate(readFileSync(wrong.notYetValidClient.certificate));
    expect(future.validFromDate.getTime()).toBeGreaterThan(validUntil.getTime());
    for (const pair of [wrong.expiredClient, wrong.expiredServer]) {
      const past = new X509Certificate(readFileSync(pair.certificate));
      expect(past.validToDate.getTime()).toBeLessThan(now.getTime() - DAY);
    }
  });
});

describe('a sound set', () => {
  it('is left as it is, to the byte and the modification time', async () => {
    const folder = temporaryFolder();
    const first = await ensureCertificates(folder, { now });
    const before = filesIn(folder);
    const second = await ensureCertificates(folder, { now: later(30) });
    expect(second).toEqual({ ...first, made: [] });
    expect(filesIn(folder)).toEqual(before);
  });

  it('is used until one day before its end, and not a second longer', async () => {
    const folder = temporaryFolder();
    await ensureCertificates(folder, { now });
    expect((await ensureCertificates(folder, { now: later(89) })).made).toEqual([]);
    const renewed = await ensureCertificates(folder, { now: new Date(later(89).getTime() + 1000) });
    expect(renewed.made).toHaveLength(LAYOUT.length);
  });

  it('is renewed when the clock stands before its beginning', async () => {
    const folder = temporaryFolder();
    await ensureCertificates(folder, { now });
    expect((await ensureCertificates(folder, { now: later(-1) })).made).toHaveLength(LAYOUT.length);
  });
});

describe('a set with one fault is renewed as a whole', () => {
  it.each(LAYOUT)('%s is missing', async (name) => {
    await expectRenewal((folder) => rmSync(join(folder, name)));
  });

  it.each(LAYOUT)('%s is cut short', async (name) => {
    await expectRenewal((folder) => truncateSync(join(folder, name), 100));
  });

  it.each(['ca', 'server', 'clients/trader-self-signed', 'wrong/other-authority'])(
    '%s has the key of another',
    async (stem) => {
      await expectRenewal((folder) => copyPem(folder, 'clients/thief.key', `${stem}.key`));
    },
  );

  it.each(['ca', 'server', 'clients/trader-self-signed', 'wrong/other-authority-client'])(
    '%s has a broken signature',
    async (stem) => {
      await expectRenewal((folder) => {
        const path = join(folder, `${stem}.pem`);
        const der = new X509Certificate(readFileSync(path)).raw;
        der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1);
        const body = der.toString('base64');
        writeFileSync(path, `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`);
      });
    },
  );

  it.each([
    ['the thief stands in for trader-mtls', 'clients/thief', 'clients/trader-mtls'],
    ['an expired client stands in for trader-mtls', 'wrong/expired-client', 'clients/trader-mtls'],
    ['a client from the future does', 'wrong/not-yet-valid-client', 'clients/trader-mtls'],
    ['a client of the other authority does', 'wrong/other-authority-client', 'clients/trader-mtls'],
    ['the server has another name', 'wrong/wrong-name-server', 'server'],
    ['the server is expired', 'wrong/expired-server', 'server'],
    ['the expired client is not expired', 'clients/trader-mtls', 'wrong/expired-client'],
    ['the client from the future is valid', 'clients/trader-mtls', 'wrong/not-yet-valid-client'],
    ['the wrong authority is the right one', 'ca', 'wrong/other-authority'],
    ['the wrong name is the right one', 'server', 'wrong/wrong-name-server'],
    ['the authority is another', 'wrong/other-authority', 'ca'],
    ['a signed client stands in for the self-signed', 'clients/thief', 'clients/trader-self-signed'],
  ])('%s', async (_, from, to) => {
    await expectRenewal((folder) => {
      copyPem(folder, from, to);
      copyPem(folder, `${from}.key`, `${to}.key`);
    });
  });

  it.each([
    ['lacks its host', { dnsNames: ['elsewhere.example'] }],
    ['lacks an address', { ipAddresses: ['127.0.0.1'] }],
    ['has an address as a host only', { dnsNames: ['localhost', '127.0.0.1'], ipAddresses: ['::1'] }],
    ['is meant for clients', { usage: 'clientAuth' }],
    ['ends within the day', { days: 0.9 }],
  ] as const)('the server %s', async (_, change) => {
    await expectRenewal((folder) => reissueServer(folder, change));
  });

  it('part of it is older than the rest', async () => {
    const older = temporaryFolder();
    await ensureCertificates(older, { now });
    await expectRenewal((folder) => {
      rmSync(join(folder, 'clients'), { recursive: true });
      renameSync(join(older, 'clients'), join(folder, 'clients'));
    });
  });
});

describe('what else is in the folder', () => {
  it('stays, in its mode too', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'clients'));
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    writeFileSync(join(folder, 'clients', 'mine.pem'), 'mine');
    await ensureCertificates(folder, { now });
    await ensureCertificates(folder, { now: later(100) });
    expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
    expect(readFileSync(join(folder, 'clients', 'mine.pem'), 'utf8')).toBe('mine');
    expect(statSync(folder).mode & 0o777).toBe(0o755);
  });

  it('may be what a crash left', async () => {
    const folder = temporaryFolder();
    await ensureCertificates(folder, { now });
    writeFileSync(join(folder, '.server.key.pem.new'), 'half a k', { mode: 0o666 });
    rmSync(join(folder, 'server.pem'));
    await ensureCertificates(folder, { now });
    const files = filesIn(folder);
    expect([...files.keys()].filter((name) => name !== '.lock').sort()).toEqual([...LAYOUT].sort());
    expect(files.get('server.key.pem')?.mode).toBe(0o600);
  });
});

describe('calls at the same time', () => {
  it('end with one set, made once', async () => {
    const folder = temporaryFolder();
    const sets = await Promise.all(Array.from({ length: 5 }, () => ensureCertificates(folder, { now })));
    expect(sets.map(({ made }) => made.length).sort((a, b) => a - b)).toEqual([0, 0, 0, 0, LAYOUT.length]);
    expect((await ensureCertificates(folder, { now })).made).toEqual([]);
  });

  it('wait for whoever holds the folder', async () => {
    const folder = temporaryFolder();
    const holder = new DatabaseSync(join(folder, '.lock'));
    holder.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    const waiting = ensureCertificates(folder, { now });
    await setTimeout(200);
    expect([...filesIn(folder).keys()]).toEqual(['.lock']);
    holder.close();
    expect((await waiting).made).toHaveLength(LAYOUT.length);
  });
});

describe('refusals', () => {
  it('says so when a file stands where the folder should', async () => {
    const folder = join(temporaryFolder(), 'certs');
    writeFileSync(folder, '');
    for (const path of [folder, join(folder, 'below')]) {
      await expect(ensureCertificates(path, { now })).rejects.toMatchObject({
        code: 'not_writable',
        message: expect.stringContaining(folder),
      });
    }
  });

  it('says so when a folder stands where a file should, and keeps it', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'server.pem'));
    await expect(ensureCertificates(folder, { now })).rejects.toMatchObject({
      code: 'not_writable',
      message: expect.stringContaining('server.pem'),
    });
    expect(statSync(join(folder, 'server.pem')).isDirectory()).toBe(true);
    expect([...filesIn(folder).keys()].filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  it('takes no time that is none', async () => {
    const wrong = { now: new Date(Number.NaN) };
    await expect(ensureCertificates(temporaryFolder(), wrong)).rejects.toThrow(TypeError);
  });
});

/** Spoils a copy of the sound set, and expects that every file is new after the next call, and sound. */
async function expectRenewal(spoil: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = temporaryFolder();
  cpSync(sound, folder, { recursive: true });
  const before = filesIn(folder);
  await spoil(folder);
  expect((await ensureCertificates(folder, { now })).made).toHaveLength(LAYOUT.length);
  const after = filesIn(folder);
  for (const name of LAYOUT) expect(after.get(name)?.content).not.toBe(before.get(name)?.content);
  expect((await ensureCertificates(folder, { now })).made).toEqual([]);
}

function copyPem(folder: string, from: string, to: string): void {
  copyFileSync(join(folder, `${from}.pem`), join(folder, `${to}.pem`));
}

/** A server certificate that differs from the one in the set by the change alone. */
async function reissueServer(folder: string, change: Partial<ClientRequest>): Promise<void> {
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const authority = await loadAuthority({ certificate: read('ca.pem'), key: read('ca.key.pem') });
  const { certificate, key } = await issueClient(authority, {
    commonName: 'localhost',
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1', '::1'],
    usage: 'serverAuth',
    now,
    days: 90,
    ...change,
  });
  writeFileSync(join(folder, 'server.pem'), certificate);
  writeFileSync(join(folder, 'server.key.pem'), key);
}
