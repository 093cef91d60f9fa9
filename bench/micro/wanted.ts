import { isChosen, type Options } from '../options.ts';

/** What can be asked for. */
export interface Measurable {
  readonly name: string;
  readonly alg?: string;
  readonly onlyFull?: boolean;
  readonly missing?: string | undefined;
}

export type Wish = Pick<Options, 'quick' | 'only' | 'alg'>;

/** Whoever asks for something by name or algorithm gets all of it, also of what a quick run of everything leaves out. */
export function isWanted(wish: Wish, each: Measurable): boolean {
  const isShort = wish.quick && wish.only === undefined && wish.alg === undefined;
  return isChosen(wish, each) && !(isShort && each.onlyFull === true);
}

/** Names on stderr what is wanted and cannot be had here. */
export function tellMissing(wanted: readonly Measurable[]): void {
  for (const why of new Set(wanted.flatMap(({ missing }) => missing ?? []))) {
    const names = wanted.filter(({ missing }) => missing === why).map(({ name }) => name);
    process.stderr.write(`left out, since ${why}: ${names.join('; ')}\n`);
  }
}
