import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { addKeys, type KeyFileOptions, listKeys, openKeyFile, rotateKeys } from '@holdfast/issuer';
import type { HoldfastError } from '@holdfast/proof';
import { calculateJwkThumbprint, importJWK, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { type KeyScene, keysFolder, kids, MARGIN, opened, PASSPHRASE, refusal } from './keys-scene.ts';

const { newPath, emptyPath, createKeyScene } = keysFolder();

interface KeyFile {
  locked: string;
  keys: { kid: string; alg: string; state: string; since: number; sealed?: string; publicJwk: JWK; until?: number }[];
  seal: string;
}

const textOf = ({ options }: KeyScene) => readFileSync(options.path, 'utf8');
const read = (scene: KeyScene) => JSON.parse(textOf(scene)) as KeyFile;
const write = ({ options }: KeyScene, file: object) =>
  writeFileSync(options.path, JSON.stringify(file), { mode: 0o600 });
const mode = (path: string) => statSync(path).mode & 0o777;

/** A file with one key in each state. */
async function made(changes: Partial<KeyFileOptions> = {}): Promise<KeyScene> {
  const scene = createKeyScene({ path: await emptyPath(), ...changes });
  await rotateKeys(scene.options);
  scene.now += MARGIN;
  await rotateKeys(scene.options);
  return scene;
}

const ALGORITHMS = ['ES256', 'PS256', 'Ed25519'] as const;
let textFromNothing: Promise<string> | undefined;

/** The same for each algorithm, made where no file was; once, because then a passphrase costs time. */
async function madeFromNothing(): Promise<KeyScene> {
  textFromNothing ??= made({ path: newPath(), algorithms: ALGORITHMS }).then(textOf);
  const scene = createKeyScene({ algorithms: ALGORITHMS });
  writeFileSync(scene.options.path, await textFromNothing, { mode: 0o600 });
  scene.now += MARGIN;
  return scene;
}

const unlocked = new Map<string, ReturnType<typeof opened>>();

/** The private JWKs of a file, decrypted by jose alone. */
async function privateKeys({ locked, keys }: KeyFile): Promise<JWK[]> {
  const unlocking = unlocked.get(locked) ?? opened(locked, Buffer.from(PASSPHRASE));
  unlocked.set(locked, unlocking);
  const { header, octets } = await unlocking;
  expect(header).toMatchObject({ alg: 'PBES2-HS512+A256KW', enc: 'A256GCM' });
  expect(header['p2c']).toBeGreaterThanOrEqual(600_000);
  const sealed = keys.flatMap((key) => key.sealed ?? []);
  return await Promise.all(
    sealed.map(async (jwe) => {
      const { header, octets: text } = await opened(jwe, octets);
      expect(header).toEqual({ alg: 'dir', enc: 'A256GCM', cty: 'jwk+json' });
      return JSON.parse(text.toString()) as JWK;
    }),
  );
}

describe('what a key file holds', () => {
  it.each(ALGORITHMS)('%s: no private member of any key in the clear', async (alg) => {
    const scene = await madeFromNothing();
    const file = read(scene);
    file.keys = file.keys.filter((key) => key.alg === alg);
    const text = textOf(scene);
    expect(file.keys.map(({ state, sealed }) => [state, typeof sealed])).toEqual([
      ['retiring', 'undefined'], // it signs no more: nobody needs its private half
      ['current', 'string'],
      ['next', 'string'],
    ]);
    const keys = await privateKeys(file);
    expect(keys).toHaveLength(2);
    for (const [i, key] of keys.entries()) {
      await importJWK(key, alg);
      expect(await calculateJwkThumbprint(key)).toBe(file.keys[i + 1]?.kid);
      for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const) {
        if (key[member] !== undefined) expect(text).not.toContain(key[member]);
      }
    }
    expect(text).not.toContain(PASSPHRASE);
  });

  it('FAPI2-5.4.1-04 RSA keys have 2048 bits', async () => {
    const key = read(await madeFromNothing()).keys.find(({ alg }) => alg === 'PS256');
    expect(Buffer.from(String(key?.publicJwk.n), 'base64url')).toHaveLength(256);
  });

  it('is for its owner alone, and so is what lies beside it', async () => {
    const { options } = createKeyScene();
    await rotateKeys(options);
    expect([mode(options.path), mode(`${options.path}.lock`)]).toEqual([0o600, 0o600]);
    expect(statSync(`${options.path}.new`, { throwIfNoEntry: false })).toBeUndefined();
  });
});

describe('what is never seen', () => {
  it('private members and the passphrase: in a ring, its keys, its documents and its faults', async () => {
    const scene = await madeFromNothing();
    const faults: unknown[] = [];
    const ring = await scene.open({ onFault: (fault) => faults.push(fault) });
    const keys = await privateKeys(read(scene));
    write(scene, { ...read(scene), seal: 'broken' });
    await ring.renew();
    const wrong = await listKeys({ ...scene.options, passphrase: `${PASSPHRASE}!` }).catch((thrown: unknown) => thrown);
    const seen = [ring, ring.current(), ring.jwks(), await ring.current().sign(Buffer.from('a')), ...faults, wrong];
    expect(faults).toHaveLength(1);
    const text =
      inspect(seen, { depth: null, showHidden: true, getters: true }) + JSON.stringify([...seen, String(wrong)]);
    expect(text).toContain(ring.current().kid);
    for (const secret of [PASSPHRASE, ...keys.map(({ d }) => String(d))]) expect(text).not.toContain(secret);
  });
});

describe('what is refused', () => {
  const WRONG = 'key_unusable: the passphrase is wrong, or the file was changed';
  const CHANGED = 'key_unusable: the file was changed';
  const NO_FILE = 'key_unusable: not a key file';

  it('a wrong passphrase, and one that could be found by trying', async () => {
    const { options } = await made();
    for (const passphrase of [`${PASSPHRASE} `, PASSPHRASE.toUpperCase()]) {
      for (const action of [listKeys, addKeys, rotateKeys, openKeyFile]) {
        expect(await refusal(() => action({ ...options, passphrase }))).toBe(WRONG);
      }
    }
    const short = { ...options, passphrase: 'fifteen letters' };
    expect(await refusal(() => rotateKeys(short))).toBe('key_unusable: the passphrase is shorter than 16 characters');
    expect(await listKeys(options)).toHaveLength(3);
  });

  const OTHER_KEY = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
  it.each<[string, string, (file: KeyFile, other: KeyFile) => unknown]>([
    ['a key that came back to life', CHANGED, ({ keys }) => Object.assign(keys[2] ?? {}, { state: 'current' })],
    ['a key that lives longer', CHANGED, ({ keys }) => Object.assign(keys[0] ?? {}, { until: 2_000_000_000 })],
    ['another time', CHANGED, ({ keys }) => Object.assign(keys[1] ?? {}, { since: 0 })],
    ['another kid', CHANGED, ({ keys }) => Object.assign(keys[1] ?? {}, { kid: 'other' })],
    [
      'another public key',
      CHANGED,
      ({ keys }, other) => Object.assign(keys[1] ?? {}, { publicJwk: other.keys[1]?.publicJwk }),
    ],
    [
      'another private key',
      CHANGED,
      ({ keys }, other) => Object.assign(keys[1] ?? {}, { sealed: other.keys[1]?.sealed }),
    ],
    ['private keys that changed places', CHANGED, ({ keys }) => exchange(keys[1], keys[2])],
    [
      'a key that was put there',
      CHANGED,
      ({ keys }) =>
        keys.push({ ...keys[0], kid: 'a', alg: 'Ed25519', state: 'retiring', publicJwk: OTHER_KEY } as never),
    ],
    ['a key that was taken away', CHANGED, ({ keys }) => keys.shift()],
    ['another order', CHANGED, ({ keys }) => keys.reverse()],
    ['a private key as the seal', CHANGED, (file) => Object.assign(file, { seal: file.keys[1]?.sealed })],
    ['the seal of another file', CHANGED, (file, { seal }) => Object.assign(file, { seal })],
    ['no seal', NO_FILE, (file) => Object.assign(file, { seal: undefined })],
    ['the lock of another file', CHANGED, (file, { locked }) => Object.assign(file, { locked })],
    ['a broken lock', WRONG, (file) => Object.assign(file, { locked: `${file.locked}A` })],
    ['a lock that would cost hours', WRONG, (file) => Object.assign(file, { locked: costly(file.locked) })],
    ['a lock by another algorithm', WRONG, (file) => Object.assign(file, { locked: file.seal })],
    ['a private member', NO_FILE, ({ keys }) => Object.assign(keys[1]?.publicJwk ?? {}, { d: 'AQAB' })],
    ['an alg that is not offered', NO_FILE, ({ keys }) => Object.assign(keys[1] ?? {}, { alg: 'RS256' })],
    ['an alg of another kind of key', NO_FILE, ({ keys }) => Object.assign(keys[1] ?? {}, { alg: 'PS256' })],
    ['a state that is none', NO_FILE, ({ keys }) => Object.assign(keys[1] ?? {}, { state: 'gone' })],
    ['a key without its private half', NO_FILE, ({ keys }) => Object.assign(keys[1] ?? {}, { sealed: undefined })],
    ['a member that is not known', NO_FILE, (file) => Object.assign(file, { more: 1 })],
    ['another version', NO_FILE, (file) => Object.assign(file, { holdfast_keys: 2 })],
  ])('a changed file: %s', async (_what, said, change) => {
    const [scene, other] = [await made(), await made()];
    const file = read(scene);
    change(file, read(other));
    write(scene, file);
    expect(await refusal(() => rotateKeys(scene.options))).toBe(said);
    expect(read(scene)).toEqual(JSON.parse(JSON.stringify(file))); // not repaired either
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{"keys": "s3cret'],
    ['no object', '[]'],
    ['null', 'null'],
    ['half of it', 'half'],
  ])('a file that holds %s', async (_what, text) => {
    const { options } = await made();
    const whole = readFileSync(options.path, 'utf8');
    writeFileSync(options.path, text === 'half' ? whole.slice(0, whole.length / 2) : text);
    expect(await refusal(() => openKeyFile(options))).toBe(NO_FILE);
    expect(await refusal(() => rotateKeys(options))).toBe(NO_FILE);
  });

  it('white space and order of members mean nothing', async () => {
    const scene = await made();
    const { keys, ...rest } = read(scene);
    write(scene, { ...rest, keys: keys.map(({ kid, ...key }) => ({ ...key, kid })) });
    expect(kids(await scene.open())).toEqual(keys.map(({ kid }) => kid));
  });

  it.each([0o604, 0o620, 0o640, 0o644, 0o601])('a file with mode %o', async (open) => {
    const { options } = await made();
    chmodSync(options.path, open);
    for (const action of [listKeys, rotateKeys, openKeyFile]) {
      expect(await refusal(() => action(options))).toBe('key_unusable: the file is open to other users');
    }
  });

  it('what is no file, or too large for one', async () => {
    const { options } = await made();
    renameSync(options.path, `${options.path}.real`);
    symlinkSync(`${options.path}.real`, options.path);
    expect(await refusal(() => openKeyFile(options))).toBe('key_unusable: a symbolic link');
    rmSync(options.path);
    mkdirSync(options.path);
    expect(await refusal(() => openKeyFile(options))).toBe('key_unusable: not a file');
    rmSync(options.path, { recursive: true });
    expect(await refusal(() => openKeyFile(options))).toBe('key_unusable: the file is not there');
    expect(await refusal(() => listKeys(options))).toBe('key_unusable: the file is not there');
    writeFileSync(options.path, ' '.repeat(1024 * 1024 + 1), { mode: 0o600 });
    expect(await refusal(() => openKeyFile(options))).toBe('key_unusable: the file is too large');
  });

  it('more keys than a verifier wants to read', async () => {
    const { options } = createKeyScene({ path: await emptyPath(), algorithms: ['ES256', 'Ed25519'] });
    let said = 'accepted';
    for (let i = 0; i < 40 && said === 'accepted'; i++) said = await refusal(() => rotateKeys(options, { now: true }));
    expect(said).toBe('key_unusable: too many keys are still published');
    expect(await listKeys(options)).toHaveLength(32);
  });
});

describe('a ring whose file goes wrong', () => {
  it('stays as it was, tells it, and takes over what is sound again', async () => {
    const scene = await made();
    const faults: HoldfastError[] = [];
    const ring = await scene.open({ onFault: (fault) => faults.push(fault) });
    const [before, kid, text] = [kids(ring), ring.current().kid, readFileSync(scene.options.path, 'utf8')];
    const said = () => faults.splice(0).map(({ detail }) => detail);
    const steps: [() => void, string][] = [
      [() => rmSync(scene.options.path), 'the file is not there'],
      [() => writeFileSync(scene.options.path, 'garbage', { mode: 0o600 }), 'not a key file'],
      [() => chmodSync(scene.options.path, 0o644), 'the file is open to other users'],
    ];
    for (const [step, detail] of steps) {
      step();
      await ring.renew();
      if (detail === 'the file is open to other users') scene.now += 60; // the same file: no sooner than in a minute
      await ring.renew();
      expect([said(), kids(ring), ring.current().kid]).toEqual([[detail], before, kid]);
    }
    rmSync(scene.options.path);
    writeFileSync(scene.options.path, text, { mode: 0o600 });
    scene.now += MARGIN;
    await rotateKeys(scene.options);
    await ring.renew();
    expect([said(), kids(ring).length]).toEqual([[], 4]);
  });

  it('does not make a new one where a file is gone, though a rotation is due', async () => {
    const scene = await made();
    const faults: HoldfastError[] = [];
    const ring = await scene.open({ every: 600, onFault: (fault) => faults.push(fault) });
    rmSync(scene.options.path);
    scene.now += 600;
    for (const wait of [0, 59, 1]) {
      scene.now += wait;
      await ring.renew();
    }
    expect(faults.map(({ detail }) => detail)).toEqual(['the file is not there', 'the file is not there']);
    expect(statSync(scene.options.path, { throwIfNoEntry: false })).toBeUndefined();
  });
});

/** The same JWE with more iterations than anybody waits for. */
function costly(jwe: string): string {
  const [header = '', ...rest] = jwe.split('.');
  const members = JSON.parse(Buffer.from(header, 'base64url').toString()) as object;
  return [Buffer.from(JSON.stringify({ ...members, p2c: 2_000_000_000 })).toString('base64url'), ...rest].join('.');
}

function exchange(one?: { sealed?: string }, other?: { sealed?: string }): void {
  const [a, b] = [one?.sealed ?? '', other?.sealed ?? ''];
  Object.assign(one ?? {}, { sealed: b });
  Object.assign(other ?? {}, { sealed: a });
}
