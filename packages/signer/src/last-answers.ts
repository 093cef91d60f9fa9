/**
 * A pure function of a text that keeps its answers to the last `most` different texts, so that both stay in memory until
 * others took their place. Nothing of them can be read from outside. What `work` throws is not kept.
 */
export function keepingLast<T>(most: number, work: (text: string) => T): (text: string) => T {
  // A list and no Map: the text of the call before is mostly the same string, which comparing sees without hashing it
  const kept: { readonly text: string; readonly answer: T }[] = [];
  let oldest = 0;
  return (text) => {
    for (const known of kept) if (known.text === text) return known.answer;
    const answer = work(text);
    kept[oldest] = { text, answer };
    oldest = (oldest + 1) % most;
    return answer;
  };
}
