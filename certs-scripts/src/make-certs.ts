// node certs-scripts/src/make-certs.ts [DIRECTORY]
import { relative } from 'node:path';
import { ensureCertificates } from './ensure.ts';

try {
  const [directory = 'certs', ...rest] = process.argv.slice(2);
  if (directory.startsWith('-') || rest.length > 0) throw new Error('usage: make-certs.ts [DIRECTORY]');
  const { made, validUntil } = await ensureCertificates(directory, { now: new Date() });
  const lines =
    made.length > 0
      ? made.map((path) => relative('', path))
      : [`certificates are valid until ${validUntil.toISOString()}, nothing to do`];
  process.stdout.write(`${lines.join('\n')}\n`);
} catch (error) {
  const [message] = (error instanceof Error ? error.message : String(error)).split('\n');
  process.stderr.write(`make-certs: ${message}\n`);
  process.exitCode = 1;
}
