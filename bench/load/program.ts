import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Place, pinned } from './cores.ts';

/** A program of the bench in a process of its own, so that what it does is on another core and in its own figures. */
export interface Program extends AsyncDisposable {
  /** Rejects with what the program throws, and when it has ended. */
  ask<Answer>(question: unknown): Promise<Answer>;
}

interface Asked {
  readonly id: number;
  readonly question: unknown;
}

type Answered = { readonly id: number } & ({ readonly answer: unknown } | { readonly error: string });

/** Many programs begin alike: what one has compiled, others need not. It changes nothing of how fast they are later. */
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/compile', import.meta.url));

/** Starts a module that calls `answerQuestions`. It ends when it is disposed of, or with this process. */
export function startProgram(path: string, place: Place): Program {
  const [execPath = process.execPath, ...execArgv] = [...pinned(place), process.execPath];
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
  const env = { NODE_COMPILE_CACHE: CACHE, ...process.env };
  const child = fork(path, { stdio: [...stdio], serialization: 'advanced', execPath, execArgv, env });
  const exited = once(child, 'exit');
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let last = 0;
  child.on('message', (message: Answered) => {
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if ('error' in message) asked?.reject(new Error(message.error));
    else asked?.resolve(message.answer);
  });
  child.once('exit', (status, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`${path} has ended with ${status ?? signal}`));
  });
  return {
    async ask<Answer>(question: unknown): Promise<Answer> {
      last += 1;
      const asked = Promise.withResolvers<unknown>();
      waiting.set(last, asked);
      send(child, { id: last, question }, asked.reject);
      return (await asked.promise) as Answer;
    },
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

function send(child: ChildProcess, asked: Asked, failed: (error: Error) => void): void {
  child.send(asked, (error) => {
    if (error !== null) failed(error);
  });
}

/** The other end: answers what the parent asks, and ends with it. */
export function answerQuestions<Question>(answer: (question: Question) => unknown): void {
  process.once('disconnect', () => process.exit());
  process.on('message', async ({ id, question }: Asked) => {
    process.send?.(await settled(id, () => answer(question as Question)));
  });
}

async function settled(id: number, act: () => unknown): Promise<Answered> {
  try {
    return { id, answer: await act() };
  } catch (thrown) {
    return { id, error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) };
  }
}
