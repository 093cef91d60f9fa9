/** Text of somebody else, made fit to be shown, and how much of it is not shown. */
interface Visible {
  readonly text: string;
  /** Characters (code points) that were left out at the end. */
  readonly left: number;
}

const LONGEST = 300; // characters of a value, if nothing else is said

/**
 * Text as one that cannot pass for another: what is invisible, changes the direction of its surroundings, stacks up on other
 * lines or has no meaning is shown by its code point, as ⟨U+202E⟩, and so are letters of another alphabet inside a Latin
 * word. What is too long is cut, and the text says so. It is text, to be escaped like any other. Not checked: look-alikes
 * that make up a whole word, or that stand in for digits and signs.
 */
export function visibleText(text: string, longest = LONGEST): string {
  const { text: shown, left } = readVisible(text, longest);
  return left === 0 ? shown : `${shown}… (${left} more characters)`;
}

function readVisible(text: string, longest = LONGEST): Visible {
  const characters = Array.from(text);
  const shown = characters.slice(0, longest).join('');
  return { text: markMixedWords(markOdd(shown)), left: Math.max(0, characters.length - longest) };
}

// Controls, formats, surrogates, private and unassigned code points; separators other than the plain space; what fonts
// leave blank (UAX #31 default ignorables, U+2800); and marks beyond the fourth on one letter
const ODD = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}|(?<=\p{M}{4})\p{M}/gu;

function markOdd(text: string): string {
  return text.replace(ODD, codePoint);
}

const LATIN = /\p{Script=Latin}/u;
const LOOK_ALIKE = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Lisu}]/gu;

// UTS #39 §5.1: of the scripts whose letters look like Latin ones, none is mixed with Latin within a word
function markMixedWords(text: string): string {
  return text.replace(/[\p{L}\p{M}\p{N}]+/gu, (word) =>
    LATIN.test(word) ? word.replace(LOOK_ALIKE, (letter) => letter + codePoint(letter)) : word,
  );
}

function codePoint(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  return `⟨U+${point.toString(16).toUpperCase().padStart(4, '0')}⟩`;
}

/** The same between quotation marks that it cannot close by itself: for what is empty, or could pass for our own words. */
export function quotedText(text: string, longest = LONGEST): string {
  const { text: shown, left } = readVisible(text, longest);
  const quoted = `“${shown.replace(/[“”]/g, codePoint)}”`;
  return left === 0 ? quoted : `${quoted}… (${left} more characters)`;
}
