import { type Applicant, createApplicants } from './applicants.ts';
import { openScene, type Scene } from './scene.ts';

/** The scenes that cases share, each opened when the first case asks for it. */
export interface Scenes {
  /** 100 clients that sign with ES256. */
  es256(): Promise<Scene>;
  /** 10,000 clients that sign with ES256. */
  crowd(): Promise<Scene>;
  ed25519(): Promise<Scene>;
  /** Ten clients only: an RSA key takes long to make. */
  ps256(): Promise<Scene>;
  /** 100 clients that ask for tokens. */
  applicants(): Promise<readonly Applicant[]>;
}

export function createScenes(): Scenes {
  return {
    es256: once(() => openScene({ clients: 100 })),
    crowd: once(() => openScene({ clients: 10_000 })),
    ed25519: once(() => openScene({ clients: 100, alg: 'Ed25519' })),
    ps256: once(() => openScene({ clients: 10, alg: 'PS256' })),
    applicants: once(() => createApplicants(100)),
  };
}

function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open();
    return opened;
  };
}
