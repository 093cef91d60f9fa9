/** px of what a label of 12 px takes in the wider of the fonts that a reader may have: nothing here can measure text. */
export function textWidth(text: string): number {
  return [...text].reduce((width, letter) => width + letterWidth(letter), 0);
}

function letterWidth(letter: string): number {
  if (/[ijlI.,:;'|!()[\] \u00a0]/.test(letter)) return 4.2;
  if (/[mwMW@%]/.test(letter)) return 11;
  return /[A-Z0-9µ×–÷]/.test(letter) ? 7.9 : 7;
}
