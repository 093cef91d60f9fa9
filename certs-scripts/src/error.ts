/** Why certificates could not be made. `code` is stable; no message holds a key. */
export class CertificatesError extends Error {
  override readonly name = 'CertificatesError';
  readonly code: CertificatesErrorCode;

  constructor(code: CertificatesErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type CertificatesErrorCode =
  /** The PEM is no authority, or its key belongs to another one. */
  | 'authority_invalid'
  /** The folder or a file in it cannot be made or replaced. */
  | 'not_writable'
  /** Another process has held the folder for longer than a set takes to make. */
  | 'busy';
