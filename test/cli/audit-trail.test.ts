import { execFileSync } from 'node:child_process';
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  open,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IssuerEvent } from '@holdfast/issuer';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AuditTrail, openAuditTrail } from '../../packages/cli/src/audit-trail.ts';

const NOW = 1_800_000_000_123;
let folder: string;
let path: string;
const trails: AuditTrail[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-audit-'));
  path = join(folder, 'audit.jsonl');
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const trail of trails.splice(0)) await trail.close();
  await rm(folder, { recursive: true, force: true });
});

async function opened(): Promise<AuditTrail> {
  const trail = await openAuditTrail(path, () => NOW);
  trails.push(trail);
  return trail;
}

const login = (subject: string): IssuerEvent => ({ event: 'login.succeeded', subject, at: NOW });

/** What each line of a trail says, where it is whole. */
async function lines(file = path): Promise<Record<string, unknown>[]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => (line.startsWith('{') && line.endsWith('}') ? JSON.parse(line) : { torn: line }));
}

const subjects = async (file = path) => (await lines(file)).map(({ subject, event }) => subject ?? event);

/** The class of all file handles, whose sync is the only thing that cannot be seen from outside. */
async function fileHandles(): Promise<{ datasync(): Promise<void> }> {
  const handle = await open(folder);
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  return prototype;
}

describe('an audit trail', () => {
  it('is a JSON object a line, for its owner alone, and what was there stays', async () => {
    const first = await opened();
    await first.record({ event: 'grant.revoked', grant: 'g\n1', reason: 'code_used', at: NOW });
    await first.close();
    const second = await opened();
    await second.record(login('one'));
    expect(await lines()).toEqual([
      { at: '2027-01-15T08:00:00.123Z', event: 'grant.revoked', grant: 'g\n1', reason: 'code_used' },
      { at: '2027-01-15T08:00:00.123Z', event: 'login.succeeded', subject: 'one' },
    ]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('has an event on the disk before it answers for it, and many events with one sync', async () => {
    const trail = await opened();
    const handles = await fileHandles();
    const release: (() => void)[] = [];
    const sync = vi
      .spyOn(handles, 'datasync')
      .mockImplementation(() => new Promise((resolve) => release.push(resolve)));
    let answered = 0;
    const all = Array.from({ length: 500 }, (_, i) => trail.record(login(String(i)))?.then(() => answered++));
    await vi.waitFor(() => expect(release).toHaveLength(1));
    expect([(await subjects()).length, answered]).toEqual([1, 0]);
    release[0]?.();
    await vi.waitFor(() => expect(release).toHaveLength(2));
    expect([(await subjects()).length, answered]).toEqual([500, 1]);
    release[1]?.();
    await Promise.all(all);
    expect(sync).toHaveBeenCalledTimes(2);
    expect(await subjects()).toEqual(Array.from({ length: 500 }, (_, i) => String(i)));
  });

  it('refuses when the disk does not keep up, instead of keeping it all in memory', async () => {
    const trail = await opened();
    const handles = await fileHandles();
    let release = () => {};
    vi.spyOn(handles, 'datasync').mockImplementationOnce(() => new Promise((resolve) => (release = resolve)));
    const first = trail.record(login('first'));
    await vi.waitFor(async () => expect(await subjects()).toEqual(['first']));
    const all = Array.from({ length: 10_000 }, () => trail.record(login('more')));
    await expect(trail.record(login('too many'))).rejects.toThrow('the disk does not keep up');
    release();
    await Promise.all([first, ...all]);
    expect(await lines()).toHaveLength(10_001);
  });

  it('resolves its end when all that waits is recorded', async () => {
    const trail = await opened();
    const all = [trail.record(login('one')), trail.record(login('two'))];
    await trail.close();
    expect(await subjects()).toEqual(['one', 'two']);
    await Promise.all(all);
  });
});

describe('a trail that is rotated', () => {
  it('goes on in a new file when its own was renamed, with the next event', async () => {
    const trail = await opened();
    await trail.record(login('one'));
    await rename(path, `${path}.1`);
    await trail.record(login('two'));
    expect([await subjects(`${path}.1`), await subjects()]).toEqual([['one'], ['two']]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('or at once when it is told, and in its own when it was not renamed', async () => {
    const trail = await opened();
    await trail.record(login('one'));
    await trail.reopen();
    await rename(path, `${path}.1`);
    await trail.reopen();
    expect([await subjects(`${path}.1`), await subjects()]).toEqual([['one'], []]);
  });

  it('goes on in the one that logrotate made', async () => {
    const trail = await opened();
    await rename(path, `${path}.1`);
    await writeFile(path, '', { mode: 0o600 });
    await trail.record(login('one'));
    expect([await subjects(`${path}.1`), await subjects()]).toEqual([[], ['one']]);
  });

  it('does not write into a file that nobody would find again', async () => {
    const trail = await opened();
    await rm(path);
    await trail.record(login('one'));
    expect(await subjects()).toEqual(['one']);
  });
});

describe('a trail that cannot be written', () => {
  it('says so for each event, and where it was interrupted once it can be written again', async () => {
    const trail = await opened();
    await trail.record(login('one'));
    await trail.check();
    await rename(folder, `${folder}.away`);
    await expect(trail.record(login('lost'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(trail.check()).rejects.toMatchObject({ code: 'ENOENT' });
    await rename(`${folder}.away`, folder);
    await trail.check();
    await trail.check();
    await trail.record(login('two'));
    expect(await subjects()).toEqual(['one', 'audit.resumed', 'two']);
  });

  it('does not answer for an event whose sync failed', async () => {
    const trail = await opened();
    vi.spyOn(await fileHandles(), 'datasync').mockRejectedValueOnce(Object.assign(new Error(), { code: 'EIO' }));
    await expect(trail.record(login('lost'))).rejects.toMatchObject({ code: 'EIO' });
    await trail.record(login('two'));
    expect(await subjects()).toContain('two');
  });

  it('begins a new line after one that was torn by a crash', async () => {
    await writeFile(path, '{"at":"2027-01-15T08:00:00.000Z","event":"lo', { mode: 0o600 });
    await (await opened()).record(login('one'));
    expect(await lines()).toMatchObject([{ torn: expect.anything() }, { subject: 'one' }]);
  });

  it('and after one that was torn by a full disk', async () => {
    const trail = await opened();
    const handles = await fileHandles();
    vi.spyOn(handles, 'datasync').mockImplementationOnce(async () => {
      await appendFile(path, '{"at":"2027');
      throw Object.assign(new Error(), { code: 'ENOSPC' });
    });
    await expect(trail.record(login('lost'))).rejects.toMatchObject({ code: 'ENOSPC' });
    await trail.record(login('two'));
    expect((await lines()).at(-1)).toMatchObject({ subject: 'two' });
  });

  it('is not opened where it is no file of ours', async () => {
    await mkdir(path);
    await expect(opened()).rejects.toMatchObject({ code: 'EISDIR' });
    await rm(path, { recursive: true });
    await symlink(join(folder, 'elsewhere'), path);
    await expect(opened()).rejects.toThrow(/audit\.jsonl: a symbolic link$/);
    await rm(path);
    execFileSync('mkfifo', [path]);
    await expect(opened()).rejects.toThrow(/audit\.jsonl: not a file$/);
    await rm(path);
    await writeFile(path, '');
    await chmod(path, 0o660);
    await expect(opened()).rejects.toThrow(/audit\.jsonl: other users can write to the file$/);
    path = join(folder, 'nowhere', 'audit.jsonl');
    await expect(opened()).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
