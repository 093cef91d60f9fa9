/** Markup, made here and in no other way: no text of a report can pass for it. */
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
export type Insert = string | number | Html | undefined | readonly Insert[];

/** A tagged template whose inserts are escaped unless they are markup. They belong between tags and into quoted values. */
export function html(parts: TemplateStringsArray, ...inserts: readonly Insert[]): Html {
  return new Markup(parts.map((part, i) => part + markupOf(inserts[i])).join(''));
}

/** What a DOM has serialised, and thereby escaped. */
export function serialised(text: string): Html {
  return new Markup(text);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function markupOf(insert: Insert): string {
  if (insert === undefined) return '';
  if (insert instanceof Markup) return insert.toString();
  if (typeof insert === 'object') return insert.map(markupOf).join('');
  return String(insert).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
