/**
 * A process with a registration endpoint of its own on a file. Arguments: what to do, the path, the configuration, then
 * - `once`, n: registers, replaces, deletes, printing what was answered, and is killed (−9) after the nth step of its store
 * - `replace`, a client: when it is told to, replaces its registration 25 times at once and tells how that was answered
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { givenKeys, readConfig } from '@holdfast/issuer';
import { sqliteStore } from '@holdfast/stores/sqlite';
import { createRegistration } from '../../packages/issuer/src/registration/registration.ts';

const [task, path = '', config = '', rest = ''] = process.argv.slice(2);
const inner = sqliteStore({ path, timeout: 30_000 });
const last = task === 'once' ? Number.parseInt(rest, 10) : Number.POSITIVE_INFINITY;
let steps = 0;

function afterStep<T>(answer: T): T {
  steps += 1;
  if (steps >= last) process.kill(process.pid, 'SIGKILL');
  return answer;
}

const read = readConfig(JSON.parse(config));
const { register, manage } = createRegistration({
  config: read,
  keys: givenKeys(read.signing_keys ?? []),
  store: {
    add: (...entry) => afterStep(inner.add(...entry)),
    get: (key) => afterStep(inner.get(key)),
    take: (key) => afterStep(inner.take(key)),
  },
  clock: Date.now,
  events: { tell() {} },
});

interface Client {
  readonly url: string;
  readonly token: string;
  readonly body: Readonly<Record<string, unknown>>;
}

async function send(method: string, { url, token, body }: Client, name = ''): Promise<Record<string, unknown>> {
  const reply = await (method === 'POST' ? register : manage)({
    method,
    target: new URL(url).pathname,
    origin: new URL(url).origin,
    headers: ['Authorization', `Bearer ${token}`, 'Content-Type', 'application/json'],
    body: JSON.stringify({ ...body, client_name: name }),
  });
  return { ...(reply.body === '' ? {} : (JSON.parse(reply.body) as object)), status: reply.status };
}

function tell(what: object): void {
  writeSync(1, `${JSON.stringify(what)}\n`);
}

async function registerAndChange(initial: Client): Promise<void> {
  const { client_id: id, registration_access_token: token, status } = await send('POST', initial, 'first');
  const client = { url: `${initial.url}/${id}`, token: String(token), body: { ...initial.body, client_id: id } };
  tell({ did: 'register', status, url: client.url, token, name: 'first' });
  for (const name of ['second', 'third']) {
    tell({ did: 'replace', status: (await send('PUT', client, name))['status'], url: client.url, name });
  }
  tell({ did: 'delete', status: (await send('DELETE', client))['status'], url: client.url });
}

if (task === 'once') {
  const [, initial = ''] = rest.split(/ (.*)/s);
  await registerAndChange(JSON.parse(initial) as Client);
} else {
  const client = JSON.parse(rest) as Client;
  process.send?.('ready');
  await once(process, 'message');
  const names = Array.from({ length: 25 }, (_, i) => `${process.pid} ${i}`);
  const answers = await Promise.all(names.map((name) => send('PUT', client, name)));
  process.send?.(answers.map(({ status }, i) => [status, names[i]]));
  process.disconnect?.();
}
