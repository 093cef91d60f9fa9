import { expect } from 'vitest';
import { type Answer, type Browser, browser, createPeople, csrfOf, type People } from './people.ts';
import { expectToken } from './scene.ts';

/** A consent page that waits for a decision. */
export interface Opened {
  readonly people: People;
  readonly its: Browser;
  readonly path: string;
  /** The hidden token of the page. */
  readonly csrf: string;
}

export async function opened(people?: People, its = browser()): Promise<Opened> {
  const scene = people ?? (await createPeople());
  const path = await scene.open(its, await scene.pushed());
  await scene.logIn(its, path);
  return { people: scene, its, path, csrf: csrfOf((await scene.browse(its, path)).text) };
}

/** That a person sees why nothing happened, and the browser is sent nowhere. */
export function expectPage({ status, headers, refusal }: Answer, code: string): void {
  expect({ status, code: refusal?.code }).toEqual({ status: 400, code });
  expect(headers).not.toHaveProperty('Location');
}

/** The code that an answer takes to the client; empty where there is none. */
export function codeOf({ headers }: Answer): string {
  return new URL(headers['Location'] ?? '').searchParams.get('code') ?? '';
}

/** That the decision can still be made, and gives its code. */
export async function expectUndecided({ people, its, path }: Opened): Promise<void> {
  expectToken(await people.redeem(codeOf(await people.decide(its, path, 'approve'))));
}
