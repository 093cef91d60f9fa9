import type { HttpMessage } from '@holdfast/proof';
import { customFetch, validateJwtAccessToken } from 'oauth4webapi';
import { AUDIENCE, ISSUER } from '../../scene/issuer.ts';
import { ORIGIN } from '../../scene/request.ts';
import type { Scenes } from '../../scene/scenes.ts';
import { timesOf } from '../bar.ts';
import type { Case, Prepare } from '../case.ts';
import { inFlight } from '../in-flight.ts';

/**
 * The peer at its best: one server object for all requests, so that it keeps the issuer's keys (imported too), and
 * Request objects that are ready. It checks neither nonce nor replay.
 */
export function oauth4webapiCases(scenes: Scenes): Case[] {
  return [1, 16].map((limit) => ({
    name: `oauth4webapi, ${limit} in flight`,
    group: 'peer',
    alg: 'ES256',
    bars: [timesOf('raw ES256')],
    open: () => open(scenes, limit),
  }));
}

async function open(scenes: Scenes, limit: number): Promise<Prepare> {
  const { issuer, requests } = await scenes.es256();
  const server = { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` };
  const options = {
    requireDPoP: true,
    signingAlgorithms: ['ES256'],
    [customFetch]: async () => Response.json(issuer.jwks),
  };
  return async (count) => {
    const fresh = (await requests(count)).map(asRequest);
    return () => inFlight(fresh, limit, (request) => validateJwtAccessToken(server, request, AUDIENCE, options));
  };
}

function asRequest({ method, target, headers: fields }: HttpMessage): Request {
  const headers = new Headers();
  for (let i = 0; i + 1 < fields.length; i += 2) headers.append(fields[i] ?? '', fields[i + 1] ?? '');
  return new Request(ORIGIN + target, { method, headers });
}
