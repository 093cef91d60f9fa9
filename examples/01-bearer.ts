// What everybody does today: the token goes out by itself, and whoever gets hold of it can spend it.
// Our issuer binds every token to a key, so that the venue refuses it without that key: 401, scheme_mismatch.
//
//   npm start -- --serve                      in another window
//   node examples/01-bearer.ts
import { readFile } from 'node:fs/promises';
import type { DeploymentFacts } from '@holdfast/cli';
import { createClient, generateKey, importKey } from '@holdfast/signer';
import { Agent, fetch } from 'undici';

const readJson = async (path: string) => JSON.parse(await readFile(path, 'utf8'));
const facts: DeploymentFacts = await readJson(`${process.argv[2] ?? '.holdfast'}/deployment.json`);
const trader = facts.clients.find(({ client_id }) => client_id === 'trader-dpop');
if (trader === undefined) throw new Error('this client is not registered');

const client = createClient({
  issuer: facts.issuer,
  clientId: trader.client_id,
  auth: { method: 'private_key_jwt', key: await importKey(await readJson(trader.key)) },
  binding: { method: 'dpop', key: await generateKey('ES256') },
  tls: { ca: await readFile(facts.ca) },
});

const url = `${facts.resource}/orders`;
const headers = { 'content-type': 'application/json' };
const body = JSON.stringify({ instrument: 'ACME', side: 'buy', type: 'limit', quantity: 10, price: '97.00' });

const { accessToken } = await client.token();
const authorized = { ...headers, authorization: `Bearer ${accessToken}` };
const dispatcher = new Agent({ connect: { ca: await readFile(facts.ca) } });
const response = await fetch(url, { method: 'POST', headers: authorized, body, dispatcher });
console.log(response.status, await response.json());

await client.close();
