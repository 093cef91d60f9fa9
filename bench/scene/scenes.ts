import type { Algorithm } from '@holdfast/proof';
import { clientsOf } from './algorithms.ts';
import { type Applicant, createApplicants } from './applicants.ts';
import { type Certified, openCertified } from './certified.ts';
import { type Redis, startRedis } from './redis.ts';
import { openScene, type Scene } from './scene.ts';

/** The scenes that cases share, each opened when the first case asks for it. */
export interface Scenes extends AsyncDisposable {
  /** 100 clients that sign with ES256. */
  es256(): Promise<Scene>;
  /** 10,000 clients that sign with ES256. */
  crowd(): Promise<Scene>;
  /** As many clients as `clientsOf` says. */
  of(alg: Algorithm): Promise<Scene>;
  /** Clients with certificates. */
  certified(): Promise<Certified>;
  /** 100 clients that ask for tokens. */
  applicants(): Promise<readonly Applicant[]>;
  /** Ends with the scenes. */
  redis(): Promise<Redis>;
}

export function createScenes(): Scenes {
  const byAlgorithm = new Map<Algorithm, Promise<Scene>>();
  let redis: Promise<Redis> | undefined;

  function of(alg: Algorithm): Promise<Scene> {
    const scene = byAlgorithm.get(alg) ?? openScene({ clients: clientsOf(alg), alg });
    byAlgorithm.set(alg, scene);
    return scene;
  }

  return {
    es256: () => of('ES256'),
    crowd: once(() => openScene({ clients: 10_000 })),
    of,
    certified: once(openCertified),
    applicants: once(() => createApplicants(100)),
    redis() {
      redis ??= startRedis();
      return redis;
    },
    async [Symbol.asyncDispose]() {
      await (await redis)?.[Symbol.asyncDispose]();
    },
  };
}

function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open();
    return opened;
  };
}
