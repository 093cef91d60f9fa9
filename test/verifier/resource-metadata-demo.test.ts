import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { serving } from '../cli/holdfast-process.ts';
import { parseChallenges } from './challenge-parser.ts';

it('PRM-5.1-01 PRM-3.2-01 both venues of the demo lead strangers to what they say about themselves', async () => {
  const state = await mkdtemp(join(tmpdir(), 'holdfast-metadata-'));
  const demo = await serving('demo', '--serve', '--json', '--port', '0', '--state', state);
  try {
    const { issuer, resource, mtlsResource, ca } = JSON.parse(demo.firstLine) as Record<string, string>;
    const authority = await readFile(ca ?? '');
    const get = async (url: string) => {
      const [response] = await once(request(url, { ca: authority }).end(), 'response');
      return response as IncomingMessage;
    };
    for (const venue of [resource, mtlsResource]) {
      const refused = await get(`${venue}/orders`);
      const [challenge] = parseChallenges(refused.headers['www-authenticate'] ?? '');
      refused.resume();
      const reply = await get(challenge?.parameters['resource_metadata'] ?? '');
      expect([reply.statusCode, reply.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
      expect(await json(reply)).toMatchObject({
        resource: venue,
        authorization_servers: [issuer],
        scopes_supported: ['orders:read', 'orders:write', 'positions:read'],
        resource_name: expect.any(String),
      });
    }
  } finally {
    await demo.stop();
    await rm(state, { recursive: true, force: true });
  }
});
