import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../free-port.ts';
import { type Ended, entry, holdfast, type Serving, serving } from '../holdfast-process.ts';
import { type Holder, type Holding, issueCertificates } from './certificates.ts';
import { configuration, type Keys, otherConfiguration } from './configuration.ts';
import { suiteKey } from './jwt.ts';

export const LOGIN = 'anna';
export const PASSWORD = 'correct horse battery staple';
export const SUBJECT = '7f3a-person';

/** What somebody has put up who followed the guide and knows nothing else: two issuers, and what their clients need. */
export interface Operator extends AsyncDisposable {
  readonly issuer: string;
  /** Below a path, without a listener of its own for certificates, without nonces. */
  readonly other: string;
  readonly mtlsOrigin: string;
  /** PEM. */
  readonly ca: string;
  readonly keys: Keys;
  readonly certificates: Readonly<Record<Holder, Holding>>;
  holdfast(...args: string[]): Promise<Ended>;
  /** Ends the other issuer as a power cut does, and starts it again. */
  restartOther(): Promise<void>;
}

export async function operate(): Promise<Operator> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-suite-'));
  const write = (name: string, text: string, mode = 0o644) => writeFile(join(folder, name), text, { mode });
  const origins = await Promise.all([freePort(), freePort(), freePort()]);
  const [issuer = '', mtlsOrigin = '', otherOrigin = ''] = origins.map((port) => `https://localhost:${port}`);
  const other = `${otherOrigin}/tenants/one`;
  const keys = { one: await suiteKey(), two: await suiteKey(), resourceServer: await suiteKey() };
  await write('issuer.json', JSON.stringify(configuration(issuer, mtlsOrigin, keys)));
  await write('other.json', JSON.stringify(otherConfiguration(other, keys)));
  await write('keys.pass', randomBytes(32).toString('base64url'), 0o600);
  const at = (name: string) => join(folder, name);
  const [hash] = await Promise.all([
    passwordHash(),
    succeeding('certs', at('certs')),
    succeeding('keys', 'rotate', '--config', at('issuer.json')),
  ]);
  await write('accounts.json', JSON.stringify([{ username: LOGIN, password: hash, sub: SUBJECT, name: 'Anna' }]));
  const start = (name: string) => serving('issuer', '--config', at(name));
  const running: Record<string, Serving> = {
    issuer: await start('issuer.json'),
    other: await start('other.json'),
  };
  return {
    ...{ issuer, other, mtlsOrigin, keys },
    ca: await readFile(at('certs/ca.pem'), 'utf8'),
    certificates: await issueCertificates(at('certs')),
    holdfast: (...args) => holdfast(...args, '--config', at('issuer.json')),
    async restartOther() {
      await killed(running['other']);
      running['other'] = await start('other.json');
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(Object.values(running).map(killed));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function killed(serving: Serving | undefined): Promise<void> {
  if (serving === undefined || serving.child.exitCode !== null || serving.child.signalCode !== null) return;
  const exited = once(serving.child, 'exit');
  serving.child.kill('SIGKILL');
  await exited;
}

async function succeeding(...args: string[]): Promise<void> {
  const { code, stderr } = await holdfast(...args);
  if (code !== 0) throw new Error(`holdfast ${args.join(' ')}: ${stderr}`);
}

/** What `holdfast password` prints for it. */
async function passwordHash(): Promise<string> {
  const child = spawn(process.execPath, [entry, 'password'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const printed: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
  child.stdin.end(`${PASSWORD}\n`);
  await once(child, 'close');
  return Buffer.concat(printed).toString().trim();
}
