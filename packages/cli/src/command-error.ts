/** A fault of the person's input or machine, told in one line: no stack trace belongs to it. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** A command line that says nothing that could be done. */
export class UsageError extends CommandError {}

/** Whether it was the command line that was wrong, and nothing has been done. */
export function isUsage(thrown: unknown): boolean {
  return thrown instanceof UsageError || (thrown instanceof Error && isOfParser(thrown));
}

const isOfParser = ({ code = '' }: NodeJS.ErrnoException) => code.startsWith('ERR_PARSE_ARGS');

const SYSTEM: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use',
  ECONNREFUSED: 'nothing answers there',
  ECONNRESET: 'the other side closed the connection',
  UND_ERR_SOCKET: 'the other side closed the connection',
  ETIMEDOUT: 'no answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'no answer in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'no answer in time',
  EHOSTUNREACH: 'no way to that host',
  ENETUNREACH: 'no way to that host',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'no answer to the question for its address',
  EADDRNOTAVAIL: 'the address is not one of this machine',
  ENOENT: 'no such file',
  EISDIR: 'this is a directory',
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left',
};

/** How Node and OpenSSL begin the codes of a handshake that failed, or of a certificate that is not trusted. */
const TLS = /^(ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/;

/** What to tell a person about anything that was thrown: one line, or for a bug of ours the stack it deserves. */
export function describe(thrown: unknown): string {
  return oneLine(thrown) ?? stack(thrown);
}

function oneLine(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  if (['CommandError', 'ConfigurationError', 'CertificatesError', 'HoldfastError'].includes(thrown.name)) {
    return thrown.message.replaceAll('\n', '; ');
  }
  if (thrown.message === 'fetch failed' && thrown.cause !== undefined) return oneLine(thrown.cause);
  const { code = '', path, port, hostname } = thrown as SystemError;
  if (isOfParser(thrown)) return `${thrown.message.split(/\.\s/)[0]}; see holdfast --help`;
  const reason = TLS.test(code) ? `the TLS handshake failed (${code})` : SYSTEM[code];
  if (reason === undefined) return undefined;
  const where = path ?? hostname ?? (port === undefined ? undefined : `port ${port}`);
  return where === undefined ? reason : `${where}: ${reason}`;
}

interface SystemError extends NodeJS.ErrnoException {
  readonly port?: number;
  readonly hostname?: string;
}

/** Where it happened, without the message and the properties: nobody foresaw what they quote, and it may be a secret. */
function stack(thrown: unknown): string {
  const { name, code, stack = '' } = (thrown instanceof Error ? thrown : {}) as NodeJS.ErrnoException;
  const kind = [name, code].filter((part) => part !== undefined).join(' ') || typeof thrown;
  const frames = stack.split('\n').filter((line) => /^ {4}at .*:\d+:\d+\)?$/.test(line));
  return [`a fault of holdfast itself (${kind})`, ...frames].join('\n');
}
