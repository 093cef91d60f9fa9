import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Diagnostic {
  readonly severity: string;
  readonly category: string;
  readonly location: { readonly path: string };
}

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const fixtures = join(root, 'test/lint/fixtures');
let copy: string;
let diagnostics: readonly Diagnostic[];

/** A copy of the workspace with the fixtures in it, since the fixtures must not be part of the real one. */
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'holdfast-lint-'));
  for (const file of ['biome.json', 'package.json', '.gitignore']) await cp(join(root, file), join(copy, file));
  await mkdir(join(copy, 'node_modules/@holdfast'), { recursive: true });
  for (const name of await readdir(join(root, 'packages'))) {
    const from = join(root, 'packages', name);
    await cp(join(from, 'src'), join(copy, 'packages', name, 'src'), { recursive: true });
    await cp(join(from, 'package.json'), join(copy, 'packages', name, 'package.json'));
    await symlink(join(copy, 'packages', name), join(copy, 'node_modules/@holdfast', name));
  }
  for (const name of await readdir(fixtures)) {
    await cp(join(fixtures, name), join(copy, 'test/attempts', name.replace('.txt', '')));
  }
  diagnostics = await lint();
}, 60_000);

afterAll(() => rm(copy, { recursive: true, force: true }));

async function lint(): Promise<readonly Diagnostic[]> {
  const biome = join(root, 'node_modules/.bin/biome');
  const result = await run(biome, ['lint', '--reporter=json', 'test/attempts'], { cwd: copy }).catch(
    (failed: { stdout: string }) => failed,
  );
  return (JSON.parse(result.stdout) as { diagnostics: Diagnostic[] }).diagnostics;
}

describe('the linter', () => {
  it.each([
    ['a verify that nobody awaits', 'unawaited-verify.ts', 'lint/nursery/noFloatingPromises'],
    ['a verify whose promise is taken for its answer', 'promise-as-condition.ts', 'lint/nursery/noMisusedPromises'],
    ['an import cycle', 'cycle-a.ts', 'lint/suspicious/noImportCycles'],
    ['a dependency that is not declared', 'undeclared-dependency.ts', 'lint/correctness/noUndeclaredDependencies'],
  ])('refuses %s', (_what, file, category) => {
    const found = diagnostics.filter(({ location, severity }) => location.path.endsWith(file) && severity === 'error');
    expect(found.map((each) => each.category)).toContain(category);
  });
});
