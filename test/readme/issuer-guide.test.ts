import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readConfig } from '@holdfast/issuer';
import { describe, expect, it } from 'vitest';
import { offerOf } from '../../packages/issuer/src/metadata.ts';

const guide = readFileSync(fileURLToPath(new URL('../../packages/issuer/README.md', import.meta.url)), 'utf8');

/** The text of the first block of this language. */
function block(language: string): string {
  const [, text] = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(guide) ?? [];
  if (text === undefined) throw new Error(`the guide has no block of ${language}`);
  return text;
}

describe('the guide to the issuer', () => {
  it('shows a configuration that is taken as it stands', () => {
    const { tls, keys, store, accounts, audit, service, ...config } = JSON.parse(block('json')) as Record<
      string,
      unknown
    >;
    for (const own of [tls, keys, store, accounts, audit, service]) expect(own).toBeDefined();
    expect(offerOf(readConfig(config))).toMatchObject({ isForPeople: true, isOpenId: true, isMutualTls: true });
  });

  it('names endpoints that are there, and links to files that are', () => {
    const fastify = readFileSync(
      fileURLToPath(new URL('../../packages/issuer/src/metadata.ts', import.meta.url)),
      'utf8',
    );
    const endpoints = [...guide.matchAll(/^\| `(\/[a-z]+)/gm)].map(([, path]) => path ?? '');
    expect(endpoints.length).toBeGreaterThan(7);
    for (const path of endpoints) expect(fastify).toContain(`'${path}'`);
    const links = [...guide.matchAll(/\]\(((?!https?:)[^)]+)\)/g)].map(([, link]) => link ?? '');
    for (const link of links) {
      expect(() =>
        readFileSync(join(fileURLToPath(new URL('../../packages/issuer', import.meta.url)), link)),
      ).not.toThrow();
    }
  });
});
