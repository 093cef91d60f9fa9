/** A venue of the bench as a process of its own: serves what it is told to, tells what it uses, and ends with its parent. */
import { answerQuestions } from '../program.ts';
import { listen } from './listen.ts';
import { verifyAlone } from './raw-verification.ts';
import { watchUsage } from './usage.ts';
import { createApp } from './venue-app.ts';
import type { Question, VenueDescription } from './venue-server.ts';

const usage = watchUsage();

answerQuestions((question: Question) => {
  switch (question.kind) {
    case 'serve':
      return serve(question.venue);
    case 'usage':
      return usage();
    case 'verify':
      return verifyAlone(question.alg, question.milliseconds);
  }
});

/** Resolves with its origin. */
async function serve(venue: VenueDescription): Promise<string> {
  const listener = await listen(venue.tls);
  await listener.serve(await createApp(venue, listener.origin));
  return listener.origin;
}
