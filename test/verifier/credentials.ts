import { ORIGIN, type Scene } from './scene.ts';

export interface Wanted {
  readonly method?: string;
  /** With a query or without. */
  readonly path?: string;
  readonly token?: string;
  /** Default: the newest. */
  readonly nonce?: string | undefined;
}

/** The fields of a good request, for `fetch` and what else takes an object. */
export async function credentials(
  scene: Scene,
  { method = 'GET', path = '/orders', token = scene.token(), nonce }: Wanted = {},
): Promise<Record<'authorization' | 'dpop', string>> {
  const claims = { htm: method, htu: ORIGIN + path.replace(/\?.*/, '') };
  const dpop = await scene.proof(token, { payload: nonce === undefined ? claims : { ...claims, nonce } });
  return { authorization: `DPoP ${token}`, dpop };
}
