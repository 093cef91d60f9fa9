import { createHash } from 'node:crypto';
import type { Line } from './recording.ts';

/*
 * What somebody can do to a file of evidence who knows how it is made: by plain strings and node:crypto, so that it shares no
 * code with what it tests.
 */

/** The lines with numbers and hashes that are all right, whatever they say. */
export function rechained(lines: readonly Line[]): string {
  let prev: string | null = null;
  let text = '';
  for (const [seq, line] of lines.entries()) {
    const { line: made, hash } = hashed({ ...line, seq, prev });
    text += `${made}\n`;
    prev = hash;
  }
  return text;
}

/** A line with the hash that it has to have. */
export function hashed({ hash: _, ...line }: Line): { readonly line: string; readonly hash: string } {
  return hashedText(JSON.stringify(line).slice(0, -1));
}

/** The same for whatever stands before the hash. */
export function hashedText(body: string): { readonly line: string; readonly hash: string } {
  const hash = createHash('sha256').update(body).digest('base64url');
  return { line: `${body},"hash":"${hash}"}`, hash };
}

export type Path = readonly (string | number)[];

/** The way to every string and number in a value. */
export function leavesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, member]) =>
    leavesOf(member, [...path, Array.isArray(value) ? Number(name) : name]),
  );
}

/** A copy in which the value at the end of this way is another one. */
export function changed<T>(value: T, [step, ...rest]: Path, change: (leaf: unknown) => unknown): T {
  if (step === undefined) return change(value) as T;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[step] = changed(copy[step], rest, change);
  return copy as T;
}

/** Another value of the same kind and length. */
export function another(leaf: unknown): unknown {
  if (typeof leaf === 'number') return leaf + 1;
  if (typeof leaf !== 'string') return 'A'.repeat(43);
  const at = Math.floor(leaf.length / 2);
  return leaf.slice(0, at) + (leaf[at] === 'A' ? 'B' : 'A') + leaf.slice(at + 1);
}
