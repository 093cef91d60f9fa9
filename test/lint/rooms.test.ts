import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const packages = fileURLToPath(new URL('../../packages', import.meta.url));

/** Who may import whom: signer, issuer and verifier meet in proof and nowhere else. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  proof: [],
  signer: ['proof'],
  issuer: ['proof'],
  verifier: ['proof'],
  stores: ['proof'],
  venue: ['proof', 'verifier'],
  cli: ['certs-scripts', 'issuer', 'proof', 'signer', 'stores', 'venue', 'verifier'],
};

function sources(room: string): string[] {
  return readdirSync(join(packages, room, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
}

describe.each(readdirSync(packages))('room %s', (room) => {
  const files = sources(room).map((file) => ({ file, text: readFileSync(join(packages, room, 'src', file), 'utf8') }));

  it('imports only the rooms below it', () => {
    const imported = files.flatMap(({ text }) =>
      [...text.matchAll(/from '@holdfast\/([a-z-]+)/g)].map(([, name]) => name),
    );
    expect(MAY_IMPORT[room]).toEqual(expect.arrayContaining([...new Set(imported)]));
  });

  it('has no drawer', () => {
    const drawers = files.filter(({ file }) => /(^|\/)(utils?|helpers?|common|misc|shared|types)(\.ts|\/)/.test(file));
    expect(drawers.map(({ file }) => file)).toEqual([]);
  });

  it('takes its clock and its randomness from outside or from node:crypto', () => {
    if (room === 'cli') return; // the outermost edge, where the clock comes from
    const edges = files.filter(({ text }) => /Date\.now\(|new Date\(\)|Math\.random/.test(text));
    expect(edges.map(({ file }) => file)).toEqual([]);
  });
});
