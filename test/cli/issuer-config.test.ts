import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashPassword } from '@holdfast/issuer';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describe as describeFault } from '../../packages/cli/src/command-error.ts';
import { readIssuerFile } from '../../packages/cli/src/issuer-file.ts';
import { holdfast } from './holdfast-process.ts';
import { type IssuerFolder, issuerFolder } from './issuer-folder.ts';

let folder: IssuerFolder;
let dispatcher: Agent;

beforeAll(async () => {
  folder = await issuerFolder();
  dispatcher = new Agent({ connect: { ca: folder.ca } });
  await writeFile(join(folder.path, 'no-accounts.json'), '{"username":"secret');
  await writeFile(join(folder.path, 'plain.json'), '[{"username":"anna","password":"secret","sub":"x"}]');
  const account = { username: 'anna', password: await hashPassword('a password'), sub: 'desk' };
  await writeFile(join(folder.path, 'desk.json'), JSON.stringify([account]));
}, 30_000);

afterAll(async () => {
  await dispatcher.close();
  await folder[Symbol.asyncDispose]();
});

/** The statuses of so many requests for the keys, one after the other. */
async function statuses(count: number, origin = folder.issuer): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < count; i++) {
    const { statusCode, body } = await request(`${origin}/jwks`, { dispatcher, reset: true });
    await body.dump();
    all.push(statusCode);
  }
  return all;
}

describe('the configuration of holdfast issuer', () => {
  it.each([
    ['service', 9464, /^service: must be an object$/],
    ['service', [], /^service: must be an object$/],
    ['service', {}, /^service\.port: must be a number from 0 to 65535$/],
    ['service', { port: '9464' }, /^service\.port: must be/],
    ['service', { port: 65_536 }, /^service\.port: must be/],
    ['service', { port: 0, host: '' }, /^service\.host: must be a name or an address$/],
    ['service', { port: 0, hots: 'secret' }, /^service: holds a field that is not known$/],
    ['rate_limits', true, /^rate_limits: must be an object$/],
    [
      'rate_limits',
      { address: 0 },
      /^rate_limits\.address: must be a whole number of requests in a minute, 1 or more$/,
    ],
    ['rate_limits', { client: 1.5 }, /^rate_limits\.client: must be/],
    ['rate_limits', { login: '30' }, /^rate_limits\.login: must be/],
    ['rate_limits', { logins: 30 }, /^rate_limits: holds a field that is not known$/],
    ['tls', 'certs/server.pem', /^tls: must be an object$/],
    ['tls', { cert: 'certs/server.pem', client_authority: 'secret' }, /^tls: holds a field that is not known$/],
    ['signing_key_files', 'issuer.jwk.json', /^signing_key_files: must be a list of paths$/],
    ['signing_key_files', [{ d: 'secret' }], /^signing_key_files\[0\]: must be the path of a file$/],
    ['accounts', 5, /^accounts: must be the path of a file$/],
    ['accounts', 'nowhere.json', /nowhere\.json: no such file$/],
    ['accounts', 'no-accounts.json', /no-accounts\.json: not JSON, which has no comments/],
    ['accounts', 'plain.json', /^plain\.json: accounts\[0\]\.password: /],
    ['accounts', 'desk.json', /^desk\.json: accounts\[0\]\.sub: /],
  ])('%s of %j is refused in one line that quotes nothing', async (field, value, line) => {
    const thrown: unknown = await readIssuerFile(await folder.configured({ [field]: value })).catch((fault) => fault);
    const told = describeFault(thrown);
    expect(told).toMatch(line);
    expect(told).not.toMatch(/secret|\n/);
  });

  it('people without accounts are refused at the start', async () => {
    const config = await folder.configured({ accounts: undefined });
    const { code, stdout, stderr } = await holdfast('issuer', '--config', config);
    expect(stderr).toMatch(/^holdfast: clients: authorization_code needs a login[^\n]*\n$/);
    expect([stdout, code]).toEqual(['', 1]);
  });

  it('a service port in use is one line, and gives the others back', async () => {
    const port = Number(new URL(folder.issuer).port);
    const config = await folder.configured({ service: { port } });
    const { code, stdout, stderr } = await holdfast('issuer', '--config', config);
    expect([stderr, stdout, code]).toEqual([`holdfast: port ${port}: the port is in use\n`, '', 1]);
  });

  it('C017 one listener alone asks for certificates where there are authorities for them', async () => {
    const client = { client_id: 'trader', token_endpoint_auth_method: 'tls_client_auth', scope: 'orders:read' };
    const clients = [{ ...client, tls_client_auth_subject_dn: 'CN=trader-mtls,O=Holdfast Demo' }];
    const config = await folder.configured({ clients, mtls_origin: undefined, accounts: undefined });
    const issuing = await folder.start(config);
    const file = (suffix: string) => readFile(join(folder.path, `certs/clients/trader-mtls${suffix}.pem`), 'utf8');
    const connect = { ca: folder.ca, cert: await file(''), key: await file('.key') };
    const certified = new Agent({ connect });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = 'grant_type=client_credentials&client_id=trader';
    const ask = (by: Agent) => request(`${folder.issuer}/token`, { dispatcher: by, method: 'POST', headers, body });
    expect(await (await ask(certified)).body.json()).toMatchObject({ token_type: 'Bearer' });
    expect(await (await ask(dispatcher)).body.json()).toMatchObject({ code: 'client_certificate_missing' });
    await certified.close();
    await issuing.stop();
  });

  it('REV-5-01 limits what one address may ask for, at each listener', async () => {
    const issuing = await folder.start(await folder.configured({ rate_limits: { address: 3 } }));
    expect(await statuses(5)).toEqual([200, 200, 200, 429, 429]);
    expect(await statuses(4, folder.mtlsOrigin)).toEqual([200, 200, 200, 429]);
    await issuing.stop();
  });

  it('limits nothing where something in front of it does', async () => {
    const issuing = await folder.start(await folder.configured({ rate_limits: 'off' }));
    expect(new Set(await statuses(50))).toEqual(new Set([200]));
    await issuing.stop();
  });
});
