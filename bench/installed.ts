import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** The version of a package as it is installed here; undefined where it is not. */
export function installedVersion(name: string): string | undefined {
  const path = findPackageJSON(name, import.meta.url);
  return path === undefined ? undefined : (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}
