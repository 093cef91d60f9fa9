import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureCertificates } from '@holdfast/certs-scripts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../free-port.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;
let readme: string;

beforeAll(async () => {
  readme = await readFile(join(root, 'README.md'), 'utf8');
  // Inside the checkout, so that the packages are found; ignored by git
  await mkdir(join(root, '.holdfast'), { recursive: true });
  folder = await mkdtemp(join(root, '.holdfast', 'readme-'));
  await ensureCertificates(join(folder, 'certs'), { now: new Date() });
  const [signing, trader] = [newKey(), newKey()];
  await writeFile(join(folder, 'trader.jwk.json'), JSON.stringify(trader));
  const config = JSON.parse(await onFreePorts(block('json'))) as {
    signing_keys: object[];
    clients: { jwks: { keys: object[] } }[];
  };
  config.signing_keys = [{ ...config.signing_keys[0], ...signing }];
  const { d: _, ...publicKey } = trader;
  for (const client of config.clients) client.jwks = { keys: [publicKey] };
  await writeFile(join(folder, 'issuer.json'), JSON.stringify(config));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function newKey(): Record<string, unknown> {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }) as Record<
    string,
    unknown
  >;
}

function block(language: string): string {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))]
    .map(([, code]) => code)
    .join('\n');
}

const ports = new Map<string, number>();

/** The ports of the examples may be taken on this machine, so each stands for a free one. */
async function onFreePorts(text: string): Promise<string> {
  for (const port of ['8443', '9443']) if (!ports.has(port)) ports.set(port, await freePort());
  return text.replace(/\b[89]443\b/g, (port) => String(ports.get(port)));
}

describe('README', () => {
  it('has code that runs as it stands: issue, verify, sign', async () => {
    const end = 'await client.close();\nawait venueApp.close();\nawait issuerApp.close();\n';
    await writeFile(join(folder, 'example.ts'), await onFreePorts(block('ts') + end));
    // The verifier fetches the issuer's keys with Node's own fetch, which trusts the authority as any operator would have it
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'certs/ca.pem') };
    const { stdout, stderr } = spawnSync(process.execPath, ['example.ts'], { cwd: folder, env, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout).toBe("200 { trader: 'trader' }\n");
  });

  it('links to files that are there', () => {
    const links = [...readme.matchAll(/\]\(((?!https?:)[^)]+)\)/g)].map(([, link]) => link ?? '');
    expect(links.length).toBeGreaterThan(5);
    for (const link of links) {
      expect([link, existsSync(join(root, link))]).toEqual([link, true]);
    }
  });
});
