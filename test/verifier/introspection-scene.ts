import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { IntrospectionOptions, VerifierOptions } from '@holdfast/verifier';
import type { Certificates } from './certificates.ts';
import { type Forgery, forge, type Members, makeKey } from './forge.ts';
import { type IssuerServer, json, METADATA, serveIssuer } from './issuer-server.ts';
import { type Attempt, AUDIENCE, boundTo, Scene } from './scene.ts';

export const ENDPOINT = '/introspect';
export const CLIENT_ID = 'venue';
export const SIGNED = 'application/token-introspection+jwt';

/** A question as it came to the issuer. */
export interface Question {
  readonly method: string | undefined;
  /** name, value, name, value … */
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly form: URLSearchParams;
}

export type Say = (question: Question, response: ServerResponse) => void;

const issuerKey = makeKey('ES256', 'issuer-1');
const client = makeKey();

/** A scene whose issuer gives opaque tokens and answers, over HTTPS, what it knows about them. */
export class IntrospectionScene extends Scene implements AsyncDisposable {
  readonly server: IssuerServer;
  readonly questions: Question[];
  /** What the issuer knows, by token. */
  readonly known = new Map<string, Members>();
  /** How it answers; a test replaces it at any time. */
  say: Say = (question, response) => this.plain(this.about(question))(question, response);

  private constructor(server: IssuerServer, questions: Question[], options: Partial<VerifierOptions>) {
    super(options, { issuer: issuerKey, client });
    this.server = server;
    this.questions = questions;
  }

  static async open(
    certificates: Certificates,
    introspection: Partial<IntrospectionOptions> = {},
    options: Partial<VerifierOptions> = {},
  ): Promise<IntrospectionScene> {
    const server = await serveIssuer(certificates, [issuerKey]);
    const { issuer, fetch } = server;
    const introspection_endpoint = issuer + ENDPOINT;
    server.answers[METADATA] = json({ issuer, jwks_uri: `${issuer}/jwks`, introspection_endpoint });
    const questions: Question[] = [];
    const asking = { authenticate: () => ({}), clientId: CLIENT_ID, ...introspection };
    const common = { issuer, fetch, jwks: undefined as never, timeout: 10_000 };
    const scene = new IntrospectionScene(server, questions, { ...common, introspection: asking, ...options });
    server.answers[ENDPOINT] = async (request, response) => {
      const { method, rawHeaders, headers } = request;
      const body = await text(request);
      const question = { method, rawHeaders, headers, body, form: new URLSearchParams(body) };
      questions.push(question);
      scene.say(question, response);
    };
    return scene;
  }

  /** An opaque token of which the issuer says this; `undefined` leaves a member out. */
  issue(claims: Members = {}): string {
    const token = randomBytes(24).toString('base64url');
    this.known.set(token, {
      active: true,
      aud: AUDIENCE,
      client_id: 'client-1',
      scope: 'orders:read orders:write',
      jti: randomUUID(),
      exp: this.now + 300,
      cnf: { jkt: client.jkt },
      ...claims,
    });
    return token;
  }

  /** A request with a token that is bound by certificate, so that a clock that steps meets no nonce and no replay table. */
  byCertificate(claims: Members = {}): Attempt & { readonly token: string } {
    const certificate = Buffer.from('own');
    const token = this.issue({ ...boundTo(certificate).payload, ...claims });
    return { scheme: 'Bearer', token, certificate };
  }

  about({ form }: Question): Members {
    return this.known.get(form.get('token') ?? '') ?? { active: false };
  }

  plain(answer: unknown): Say {
    return (_question, response) => json(answer)(undefined as never, response);
  }

  /** RFC 9701 §5, with whatever a test puts into it. */
  signed(forgery: Forgery = {}): Say {
    return (question, response) => this.text(SIGNED, this.jwt(this.about(question), forgery))(question, response);
  }

  jwt(token_introspection: unknown, { key = issuerKey, header, payload }: Forgery = {}): string {
    const claims = { iss: this.server.issuer, aud: CLIENT_ID, iat: this.now, token_introspection };
    const typ = 'token-introspection+jwt';
    return forge(key, { typ, alg: key.alg, kid: key.kid, ...header }, { ...claims, ...payload });
  }

  text(type: string, body: string): Say {
    return (_question, response) => void response.setHeader('content-type', type).end(body);
  }

  /** From now on answers wait until the test lets them go, in the order in which they were asked for. */
  hold(): (() => void)[] {
    const answer = this.say;
    const held: (() => void)[] = [];
    this.say = (question, response) => void held.push(() => answer(question, response));
    return held;
  }

  /** Tokens that were asked about, in order. */
  get asked(): (string | null)[] {
    return this.questions.map(({ form }) => form.get('token'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}
