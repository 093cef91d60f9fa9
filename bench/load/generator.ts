/** A load generator as a process of its own: plans requests, sends them when it is told to, and ends with its parent. */
import { clearAway } from '../garbage.ts';
import { type ClosedLoop, runClosedLoop } from './closed-loop.ts';
import type { Plan, Question, Source } from './generator-process.ts';
import { type OpenLoop, runOpenLoop } from './open-loop.ts';
import type { PlannedRequest } from './planned.ts';
import { answerQuestions } from './program.ts';
import { verifyAlone } from './server/raw-verification.ts';
import { summarise } from './when-due.ts';

let planned: PlannedRequest[] = [];

answerQuestions(async (question: Question) => {
  switch (question.kind) {
    case 'plan':
      return await plan(question.source, question.count);
    case 'work':
      return await verifyAlone('ES256', question.milliseconds);
    case 'open':
      return await sendWhenDue(question.loop);
    case 'closed':
      return await sendWhenAnswered(question.loop);
  }
});

async function plan({ module, settings }: Source, count: number): Promise<void> {
  const source = (await import(module)) as { plan: Plan<unknown> };
  planned = planned.concat(await source.plan(settings, count));
}

async function sendWhenDue(loop: OpenLoop) {
  const ready = take(loop.count);
  return summarise(await runOpenLoop(loop, (i) => ready[i] as PlannedRequest));
}

async function sendWhenAnswered(loop: ClosedLoop) {
  const ready = take(loop.count).values();
  return await runClosedLoop(loop, () => {
    const { value } = ready.next();
    if (value === undefined) throw new Error('more requests are wanted than were planned');
    return value;
  });
}

/** What planning left behind is cleared away first: a collection while requests are due would make the generator late. */
function take(count: number): PlannedRequest[] {
  if (planned.length < count) throw new Error(`${count} requests are wanted and ${planned.length} planned`);
  const taken = planned.splice(0, count);
  clearAway();
  return taken;
}
