import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readConfig } from '@holdfast/issuer';
import { describe, expect, it } from 'vitest';
import { offerOf } from '../../packages/issuer/src/metadata.ts';

const guide = readFileSync(fileURLToPath(new URL('../../packages/issuer/README.md', import.meta.url)), 'utf8');

describe('the guide to the issuer', () => {
  it('shows a configuration that is taken as it stands', () => {
    const [, text = ''] = /^```jsonc\n(.*?)^```$/ms.exec(guide) ?? [];
    const commented = text.replaceAll(/ +\/\/ .*$/gm, '');
    const { tls, keys, store, accounts, audit, service, ...config } = JSON.parse(commented) as Record<string, unknown>;
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
