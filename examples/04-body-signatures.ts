// DPoP again, and its key signs the body, too (RFC 9421, RFC 9530): neither proof nor certificate says what is ordered.
// The venue signs its answer by a key that its metadata names, and `client.fetch` throws when that does not fit.
//
//   npm start -- --serve                      in another window
//   node examples/04-body-signatures.ts
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
  signatures: { responses: 'discovered' },
  tls: { ca: await readFile(facts.ca) },
});

const url = `${facts.signedResource}/orders`;
const headers = { 'content-type': 'application/json' };
const body = JSON.stringify({ instrument: 'ACME', side: 'buy', type: 'limit', quantity: 10, price: '97.00' });

const response = await client.fetch(url, { method: 'POST', headers, body });
console.log(response.status, await response.json());

// What becomes of an order that somebody changes on its way: 401, digest_mismatch
const signed = { ...headers, ...(await client.headersFor({ method: 'POST', url, headers, body })) };
const dispatcher = new Agent({ connect: { ca: await readFile(facts.ca) } });
const larger = body.replace('"quantity":10', '"quantity":1000');
const changed = await fetch(url, { method: 'POST', headers: signed, body: larger, dispatcher });
console.log(changed.status, await changed.json());

await client.close();
