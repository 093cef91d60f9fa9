import { access, chmod, constants, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CertificatesError } from './error.ts';

/**
 * Makes the folder, readable by its owner only. One that exists keeps its mode: it may be anybody's.
 * Throws CertificatesError `not_writable`, also when it exists and cannot be written to.
 */
export async function makeFolder(path: string): Promise<void> {
  await writing(path, async () => {
    // The mode that mkdir is given is narrowed by the umask, so it is set once more.
    if ((await mkdir(path, { recursive: true, mode: 0o700 })) !== undefined) await chmod(path, 0o700);
    await access(path, constants.W_OK | constants.X_OK);
  });
}

/**
 * Writes the file under another name and renames it, so that the name never stands for half a file.
 * The other name is fixed, which lets the next writer clear away what a crash left; the caller sees to it
 * that there is one writer at a time. Throws CertificatesError `not_writable`.
 */
export async function replaceFile(path: string, content: string, mode: number): Promise<void> {
  const unfinished = join(dirname(path), `.${basename(path)}.new`);
  await writing(path, async () => {
    await rm(unfinished, { force: true });
    try {
      const file = await open(unfinished, 'wx', mode);
      try {
        await file.chmod(mode);
        await file.writeFile(content);
      } finally {
        await file.close();
      }
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  });
}

async function writing(path: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new CertificatesError('not_writable', `cannot write ${path} (${code})`, { cause });
  }
}
