import type { Document } from '@holdfast/proof';

/** RFC 9110 §8.3.1: compared without regard to case; parameters change nothing here. */
export function mediaTypeOf({ type }: Document): string | undefined {
  return type.split(';', 1)[0]?.trim().toLowerCase();
}
