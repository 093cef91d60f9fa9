import { HoldfastError } from '@holdfast/proof';

/** Primary result codes of SQLite (sqlite.org/rescode.html): what to tell of them, without its words. */
const REASONS: Readonly<Record<number, string>> = {
  5: 'locked by another process',
  8: 'the file is read-only',
  10: 'the disk fails',
  11: 'the database is damaged',
  14: 'the file cannot be opened',
  26: 'not a database',
};
const FULL = 13;

/** The same for the file's name, which is looked up without SQLite. */
const SYSTEM_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'the folder is not there',
  ENOTDIR: 'the folder is not there',
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
};

export function refusal(detail: string): HoldfastError {
  return new HoldfastError('store_unavailable', { detail });
}

/** Whatever went wrong in the file is a refusal: no answer is better than a wrong one. */
export function refusalOf(thrown: unknown): HoldfastError {
  if (thrown instanceof HoldfastError) return thrown;
  const { errcode, code } = thrown as { errcode?: number; code?: string };
  // The extended codes hold the primary one in their last byte
  const primary = errcode === undefined ? undefined : errcode & 0xff;
  if (primary === FULL || code === 'ENOSPC') return new HoldfastError('store_full', { cause: thrown });
  const detail = primary === undefined ? SYSTEM_REASONS[code ?? ''] : REASONS[primary];
  return new HoldfastError('store_unavailable', { ...(detail === undefined ? {} : { detail }), cause: thrown });
}
