/** Attackers as a process of its own: what they compute is in nobody's figures. */
import { answerQuestions } from '../load/program.ts';
import type { Question } from './attackers-process.ts';
import { prepareFlatOut, type ReadyAttackers } from './flat-out.ts';

let attackers: ReadyAttackers | undefined;

answerQuestions(async (question: Question) => {
  switch (question.kind) {
    case 'prepare':
      attackers = await prepareFlatOut(question.loop);
      return undefined;
    case 'begin':
      return attackers?.begin();
    case 'stop':
      return attackers?.stop();
  }
});
