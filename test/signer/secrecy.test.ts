import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { identities, servers } from './authorities.ts';
import { dpopClient, mtlsClient } from './clients.ts';
import { ACCESS_TOKEN } from './scripted-issuer.ts';
import { type Scene, scriptedVenue } from './scripted-venue.ts';
import type { Handler } from './tls-server.ts';

const everything = (value: unknown) =>
  `${inspect(value, { depth: 20, showHidden: true, getters: true, maxStringLength: null })} ${JSON.stringify(value)}`;

const { certificate: cert, key } = servers.wrongName;
const mishaps: [string, Handler, Scene?][] = [
  ['a server that hangs up', (_, response) => void response.socket?.destroy()],
  ['a server that talks nonsense', (_, response) => void response.socket?.end('SSH-2.0-OpenSSH\r\n')],
  ['a server that says 407', () => ({ status: 407 })],
  ['a server that says 421', () => ({ status: 421 })],
  ['a server that packs what is no gzip', () => ({ headers: { 'content-encoding': 'gzip' }, body: 'no' })],
  ['a server under another name', () => ({}), { tls: { cert, key } }],
];

describe('a token is in no error and in no printout', () => {
  it.each(mishaps)('C094 after %s', async (_, handler, scene) => {
    await using venue = await scriptedVenue(handler, scene);
    const sent = async () => (await venue.client.fetch(`${venue.origin}/orders`)).text();
    const error: unknown = await sent().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(everything(error)).not.toContain(ACCESS_TOKEN);
    expect(everything(error)).not.toMatch(/eyJ[\w-]+\.eyJ/);
  });

  it('C094 of a client that holds one', async () => {
    await using venue = await scriptedVenue(() => ({}));
    await venue.client.fetch(venue.origin);
    expect(everything(venue.client)).not.toContain(ACCESS_TOKEN);
    const values = Object.values(venue.client).filter((member) => typeof member !== 'function');
    expect(values.map((member) => member.constructor.name)).toEqual(['ClientDispatcher']);
  });

  it('C094 and the key of a certificate is in none either', () => {
    const client = mtlsClient({ issuer: 'https://as.example' });
    const [, line = 'none'] = identities.trader.tls.key.split('\n');
    expect(everything(client)).not.toContain(line);
    expect(everything(dpopClient({ issuer: 'https://as.example' }))).not.toContain('PRIVATE');
  });
});
