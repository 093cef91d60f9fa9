import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** The version of a package as it is installed here; undefined where it is not. */
export function installedVersion(name: string): string | undefined {
  const path = findPackage(name);
  return path === undefined ? undefined : (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

function findPackage(name: string): string | undefined {
  try {
    return findPackageJSON(name, import.meta.url);
  } catch {
    return undefined; // whoever can do without it goes on
  }
}
