/**
 * - `altered`: a line says something else than it did, or is no entry; also where only its neighbour shows it.
 * - `removed`: entries are missing. - `reordered`: an entry stands elsewhere. - `doubled`: it stands there again.
 * - `unfinished`: the file ends within a line.
 * - `signature`: what was asked, who asked and the signatures do not fit each other, whatever the hashes say.
 * - `repeated`: one signed request stands for two entries. - `time`: an entry is older than the one before it.
 * - `head`: the last entry is another one than was expected.
 */
export type Problem =
  | 'altered'
  | 'removed'
  | 'reordered'
  | 'doubled'
  | 'unfinished'
  | 'signature'
  | 'repeated'
  | 'time'
  | 'head';

/** What is wrong with a file of evidence, and where. */
export interface Finding {
  readonly line: number;
  /** Number of the entry. */
  readonly sequence: number;
  /** Of the last one, where it is about several. */
  readonly through?: number;
  readonly problem: Problem;
  /** The line where it belongs. */
  readonly belongs?: number;
  /** The reason code of what does not fit. */
  readonly code?: string;
  /** For people. No value of the file is in it. */
  readonly text: string;
}
