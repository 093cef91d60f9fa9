import type { CreateStore } from './filling.ts';
import { fill } from './filling.ts';
import { inWords, type Measure, replayResult } from './replay-result.ts';

const ENTRIES = 1_000_000;

/** What one writes by hand: each key with its last second, and those that have ended go first. */
export const measureMap: Measure = async (name, { say }) => {
  say(`${name}: ${inWords(ENTRIES)} live entries`);
  const { bytes, mean } = await fill(mapWithExpiry, ENTRIES);
  return [
    replayResult(`${name}: live entry at ${inWords(ENTRIES)}`, { entries: ENTRIES, unit: 'bytes', values: [bytes] }),
    replayResult(`${name}: reserve, mean`, { entries: ENTRIES, unit: 'µs CPU', values: [mean] }),
  ];
};

const mapWithExpiry: CreateStore = (clock) => {
  const entries = new Map<string, number>();
  return {
    add(key, _value, expiresAt) {
      const now = Math.floor(clock() / 1000);
      for (const [first, last] of entries) {
        if (last >= now) break;
        entries.delete(first);
      }
      if (entries.has(key)) return false;
      entries.set(key, expiresAt);
      return true;
    },
  };
};
