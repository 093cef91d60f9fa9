import { deflateSync } from 'node:zlib';
import type { VerifierOptions } from '@holdfast/verifier';
import type { Certificates } from './certificates.ts';
import { type Forgery, forge, type Members, makeKey } from './forge.ts';
import { type Answer, type IssuerServer, serveIssuer } from './issuer-server.ts';
import { type Attempt, boundTo, Scene } from './scene.ts';

export const LIST = '/status/1';
export const TYPE = 'application/statuslist+jwt';

const issuerKey = makeKey('ES256', 'issuer-1');
const certificate = Buffer.from('own');

/** `status_list` of a list of 64 places, made by hand. `statuses`: those that are not 0. */
export function packed(statuses: Readonly<Record<number, number>>, bits = 2, places = 64): Members {
  const octets = new Uint8Array((places * bits) / 8);
  for (const [place, status] of Object.entries(statuses)) {
    const at = Math.floor((Number(place) * bits) / 8);
    octets[at] = (octets[at] ?? 0) | (status << ((Number(place) * bits) % 8));
  }
  return { bits, lst: deflateSync(octets).toString('base64url') };
}

export const text =
  (body: string | Uint8Array, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    void response.writeHead(200, { 'content-type': TYPE, ...headers }).end(body);

/**
 * A scene whose issuer publishes status lists over HTTPS. Its tokens are bound by certificate, so that a clock that steps
 * meets neither nonce nor replay table.
 */
export class StatusScene extends Scene implements AsyncDisposable {
  readonly server: IssuerServer;
  /** What the list says, place by place, where it is not 0. */
  statuses: Record<number, number> = {};
  /** What the list says instead. */
  forgery: Forgery = {};

  private constructor(server: IssuerServer, options: Partial<VerifierOptions>) {
    super(options, { issuer: issuerKey });
    this.server = server;
  }

  static async open(certificates: Certificates, options: Partial<VerifierOptions> = {}): Promise<StatusScene> {
    const server = await serveIssuer(certificates, [issuerKey]);
    const { issuer, fetch } = server;
    const common = { issuer, fetch, jwks: undefined as never, timeout: 10_000 };
    const scene = new StatusScene(server, { ...common, ...options });
    server.answers[LIST] = (request, response) => text(scene.list())(request, response);
    return scene;
  }

  get uri(): string {
    return this.server.issuer + LIST;
  }

  /** The list as it is now. */
  list({ key = issuerKey, header, payload }: Forgery = this.forgery): string {
    const claims = { sub: this.uri, iat: this.now, exp: this.now + 120, ttl: 30, status_list: packed(this.statuses) };
    return forge(key, { typ: 'statuslist+jwt', alg: key.alg, kid: key.kid, ...header }, { ...claims, ...payload });
  }

  /** A request with a token at that place, which lives for an hour. */
  at(idx: unknown, payload: Members = {}, uri: unknown = this.uri): Attempt & { readonly token: string } {
    const token = this.token({
      payload: {
        iss: this.server.issuer,
        exp: this.now + 3600,
        ...boundTo(certificate).payload,
        status: { status_list: { idx, uri } },
        ...payload,
      },
    });
    return { scheme: 'Bearer', token, certificate };
  }

  /** 'accepted', or the reason code of the refusal. */
  async outcome(attempt: Attempt): Promise<string> {
    return await this.send(attempt).then(
      () => 'accepted',
      (refusal) => refusal.code,
    );
  }

  /** How often the list was asked for. */
  get asked(): number {
    return this.server.asked.filter((path) => path === LIST).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}
