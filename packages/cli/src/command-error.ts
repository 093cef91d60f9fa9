/** A fault of the person's input or machine, told in one line: no stack trace belongs to it. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

const SYSTEM: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use',
  ECONNREFUSED: 'nothing answers there',
  EADDRNOTAVAIL: 'the address is not one of this machine',
  ENOENT: 'no such file',
  EISDIR: 'this is a directory',
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left',
};

/** The one line for anything that was thrown; undefined for a bug of ours, which deserves its stack. */
export function oneLine(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  if (['CommandError', 'ConfigurationError', 'CertificatesError', 'HoldfastError'].includes(thrown.name)) {
    return thrown.message.replaceAll('\n', '; ');
  }
  if (thrown.message === 'fetch failed' && thrown.cause !== undefined) return oneLine(thrown.cause);
  const { code, path, port } = thrown as NodeJS.ErrnoException & { port?: number };
  if (code?.startsWith('ERR_PARSE_ARGS') === true) return `${thrown.message.split('. ')[0]}; see holdfast --help`;
  const reason = SYSTEM[code ?? ''];
  if (reason === undefined) return undefined;
  const where = path ?? (port === undefined ? undefined : `port ${port}`);
  return where === undefined ? reason : `${where}: ${reason}`;
}
