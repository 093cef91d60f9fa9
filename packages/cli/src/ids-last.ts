/** The id of a grant or of a key: base64url of 16 or of 32 octets. One in 64 begins as an option does. */
const ID_LIKE_AN_OPTION = /^-(?:[\w-]{21}|[\w-]{42})$/;

/** The arguments with the hash of `--head` in one with it: it may begin as an option does, too. */
export function headJoined(args: readonly string[]): string[] {
  const at = args.indexOf('--head');
  const hash = at === -1 ? undefined : args[at + 1];
  return hash === undefined ? [...args] : [...args.slice(0, at), `--head=${hash}`, ...args.slice(at + 2)];
}

/** The arguments with such ids behind a `--`, where nothing is an option: people paste them from a list or a trail. */
export function idsLast(args: readonly string[]): string[] {
  const isId = (arg: string) => ID_LIKE_AN_OPTION.test(arg);
  const ids = args.filter(isId);
  if (ids.length === 0 || args.includes('--')) return [...args];
  return [...args.filter((arg) => !isId(arg)), '--', ...ids];
}
