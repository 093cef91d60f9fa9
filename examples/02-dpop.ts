// The client signs each request with the key that its token is bound to (RFC 9449): the token alone is worth nothing.
// `client.fetch` gets the token, makes the proof, and answers the venue's challenge for a nonce.
//
//   npm start -- --serve                      in another window
//   node examples/02-dpop.ts
import { readFile } from 'node:fs/promises';
import type { DeploymentFacts } from '@holdfast/cli';
import { createClient, generateKey, importKey } from '@holdfast/signer';

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

const response = await client.fetch(url, { method: 'POST', headers, body });
console.log(response.status, await response.json());

await client.close();
