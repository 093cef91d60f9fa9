/**
 * Packs every package as it would be published, and checks the packed files: publint and attw for what they say about
 * themselves, then a clean folder that installs them all, imports every entry and runs the demo.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const rooms = [...readdirSync(join(root, 'packages')).map((name) => join('packages', name)), 'certs-scripts'];
const work = mkdtempSync(join(tmpdir(), 'holdfast-pack-'));
try {
  const packed = rooms.map(pack);
  for (const { tarball } of packed) checkManifest(tarball);
  tryInstalled(packed);
} finally {
  rmSync(work, { recursive: true, force: true });
}

interface Packed {
  readonly manifest: Manifest;
  readonly tarball: string;
}

/** In the workspace a package exports its sources; published, it exports what `npm run build` made of them. */
function pack(room: string): Packed {
  const stage = join(work, 'stage', room);
  mkdirSync(stage, { recursive: true });
  const source = JSON.parse(readFileSync(join(root, room, 'package.json'), 'utf8')) as Manifest;
  const exports = Object.fromEntries(Object.entries(source.exports).map(([path, file]) => [path, built(file)]));
  const bin = Object.entries(source.bin ?? {}).map(([name, file]) => [name, built(file).default]);
  const manifest = { ...source, exports, ...(bin.length === 0 ? {} : { bin: Object.fromEntries(bin) }) };
  writeFileSync(join(stage, 'package.json'), JSON.stringify(manifest, null, 2));
  cpSync(join(root, room, 'dist'), join(stage, 'dist'), {
    recursive: true,
    filter: (file) => !file.endsWith('.tsbuildinfo'),
  });
  cpSync(join(root, 'LICENSE'), join(stage, 'LICENSE'));
  const file = run('npm', ['pack', '--silent', '--pack-destination', work], stage).trim().split('\n').at(-1) ?? '';
  return { manifest: source, tarball: join(work, file) };
}

function built(file: string): { types: string; default: string } {
  const stem = file.replace('./src/', './dist/').replace(/\.ts$/, '');
  return { types: `${stem}.d.ts`, default: `${stem}.js` };
}

function checkManifest(tarball: string): void {
  run('publint', ['run', '--strict', tarball], root);
  run('attw', ['--profile', 'esm-only', tarball], root);
}

function tryInstalled(packed: readonly Packed[]): void {
  const folder = join(work, 'installed');
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  const fastify = 'fastify@5'; // the peer of the adapters
  run(
    'npm',
    ['install', '--silent', '--no-audit', '--no-fund', fastify, ...packed.map(({ tarball }) => tarball)],
    folder,
  );
  const entries = packed.flatMap(({ manifest }) =>
    Object.keys(manifest.exports).map((path) => join(manifest.name, path)),
  );
  const script = entries.map((entry) => `await import(${JSON.stringify(entry)});`).join('\n');
  run(process.execPath, ['--input-type=module', '--eval', script], folder);
  const holdfast = join(folder, 'node_modules/.bin/holdfast');
  const closing = run(process.execPath, [holdfast, 'demo', '--state', join(folder, 'state')], folder)
    .trim()
    .split('\n')
    .at(-1);
  process.stdout.write(`packed ${packed.length} packages, imported ${entries.length} entries; demo: ${closing}\n`);
}

function run(command: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    process.stderr.write(`${command} ${args.join(' ')}\n${stdout}${stderr}`);
    process.exit(1);
  }
}
