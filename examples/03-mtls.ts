// A certificate in place of the key (RFC 8705): the client holds it out in TLS, to issuer and venue, and the token is
// bound to it. The files are looked at again, so that a new certificate is taken over without dropping a request.
//
//   npm start -- --serve                      in another window
//   node examples/03-mtls.ts
import { readFile } from 'node:fs/promises';
import type { DeploymentFacts } from '@holdfast/cli';
import { createClient } from '@holdfast/signer';

const readJson = async (path: string) => JSON.parse(await readFile(path, 'utf8'));
const facts: DeploymentFacts = await readJson(`${process.argv[2] ?? '.holdfast'}/deployment.json`);
const trader = facts.clients.find(({ client_id }) => client_id === 'trader-mtls');
if (trader?.cert === undefined) throw new Error('this client is not registered');

const client = createClient({
  issuer: facts.issuer,
  clientId: trader.client_id,
  auth: { method: 'tls_client_auth' },
  binding: { method: 'mtls' },
  tls: { caFile: facts.ca, certFile: trader.cert, keyFile: trader.key },
});

const url = `${facts.mtlsResource}/orders`;
const headers = { 'content-type': 'application/json' };
const body = JSON.stringify({ instrument: 'ACME', side: 'buy', type: 'limit', quantity: 10, price: '97.00' });

const response = await client.fetch(url, { method: 'POST', headers, body });
console.log(response.status, await response.json());

await client.close();
