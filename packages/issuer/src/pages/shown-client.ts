import { type Html, html } from './html.ts';
import { visibleText } from './visible-text.ts';

/** A client, as a person can tell it apart: the name and the site are its own words, where the answer goes is a fact. */
export interface ShownClient {
  readonly name: string;
  /** `client_uri`. */
  readonly uri?: string | undefined;
  /** As checked for this request. */
  readonly redirectUri: string;
}

const LONGEST_NAME = 80; // characters

export function clientName({ name }: ShownClient): Html {
  return html`<strong><bdi>${visibleText(name, LONGEST_NAME)}</bdi></strong>`;
}

/** Where the browser goes with the answer: the host, in ASCII so that no look-alike passes for it, and the port if one is named. */
export function destination({ redirectUri }: ShownClient): Html {
  return html`<code>${new URL(redirectUri).host}</code>`;
}
