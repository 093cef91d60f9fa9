import { ORIGIN, type Scene } from './scene.ts';
import { type ServerOptions, serveVenue, type VenueServer } from './venue-server.ts';

export interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly credentials?: 'good' | 'none' | 'malformed';
  /** Scope of the token. */
  readonly scope?: string;
  /** Default: the newest. */
  readonly nonce?: string | undefined;
  readonly body?: object;
}

/** A venue and a client that speaks HTTP to it; with good credentials unless told otherwise. */
export async function openVenue(
  scene: Scene,
  options: ServerOptions = {},
): Promise<VenueServer & { send(sent?: Sent): Promise<Response> }> {
  const server = await serveVenue(scene.verifier, options);
  return {
    ...server,
    async send({ method = 'GET', path = '/orders', credentials = 'good', scope, nonce, body } = {}) {
      const token = scene.token(scope === undefined ? {} : { payload: { scope } });
      const claims = { htm: method, htu: ORIGIN + path.replace(/\?.*/, '') };
      const proof = await scene.proof(token, { payload: nonce === undefined ? claims : { ...claims, nonce } });
      const good = { authorization: `DPoP ${token}`, dpop: proof };
      const headers = { good, none: {}, malformed: { authorization: 'x y z' } }[credentials] as Record<string, string>;
      const content = body === undefined ? {} : { body: JSON.stringify(body) };
      if (body !== undefined) headers['content-type'] = 'application/json';
      return await fetch(`http://127.0.0.1:${server.port}${path}`, { method, headers, ...content });
    },
  };
}
