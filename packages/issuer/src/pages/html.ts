/** Markup, made by `html` and in no other way: the class is not exported, so no text can pass for it. */
class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

export type Html = Markup;

/** Text and numbers are escaped, markup is taken as it is, undefined is nothing. */
export type Insert = string | number | Html | undefined | readonly Html[];

/**
 * A tagged template whose inserts are escaped unless `html` made them. They belong between tags and into quoted attribute
 * values. Not checked: that they stand nowhere else, and that a URL in an attribute is one that may be followed.
 */
export function html(parts: TemplateStringsArray, ...inserts: readonly Insert[]): Html {
  return new Markup(parts.map((part, i) => part + markupOf(inserts[i])).join(''));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\r': '&#13;', // a parser would make a line feed of it
  '\0': '\uFFFD', // and drop this one
};

function markupOf(insert: Insert): string {
  if (insert === undefined) return '';
  if (insert instanceof Markup) return insert.toString();
  if (typeof insert === 'object') return insert.map(markupOf).join('');
  return String(insert).replace(/[&<>"'\r\0]/g, (character) => ENTITIES[character] ?? '');
}
