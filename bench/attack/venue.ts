/** The venue that is attacked, as a process of its own: asks its issuer for keys, and ends with its parent. */
import { createVenue } from '@holdfast/venue';
import { createVerifier, type Jwks } from '@holdfast/verifier';
import { answerQuestions } from '../load/program.ts';
import { listen } from '../load/server/listen.ts';
import { watchUsage } from '../load/server/usage.ts';
import { AUDIENCE, ISSUER } from '../scene/issuer.ts';
import { type PublishedKeys, publish } from './published-keys.ts';
import type { Question } from './venue-process.ts';

const usage = watchUsage();
let keys: PublishedKeys | undefined;

answerQuestions(async (question: Question) => {
  if (question.kind === 'serve') return await serve(question.jwks);
  return { ...usage(), asked: keys?.asked() ?? 0 };
});

/** With the settings that a verifier has by itself. Resolves with its origin. */
async function serve(jwks: Jwks): Promise<string> {
  const listener = await listen(undefined);
  const { origin } = listener;
  keys = publish(jwks);
  const { fetch } = keys;
  const verifier = createVerifier({ issuer: ISSUER, audience: AUDIENCE, origin, fetch, allowLoopbackHttp: true });
  await listener.serve(createVenue({ verifier }));
  return origin;
}
