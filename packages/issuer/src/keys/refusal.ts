import { HoldfastError } from '@holdfast/proof';

/** `key_unusable`; the detail says what is wrong and holds nothing of any key. */
export function unusable(detail: string): HoldfastError {
  return new HoldfastError('key_unusable', { detail });
}
