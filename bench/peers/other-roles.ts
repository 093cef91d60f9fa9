import type { PeerFacts } from './facts.ts';

/** Who else signs proofs or issues tokens. */
export const SIGNING_AND_ISSUING: readonly PeerFacts[] = [
  {
    name: 'dpop',
    cases: ['dpop, generateProof'],
    role: 'signs',
    driven: 'generateProof with a key pair of its generateKeyPair, which signs by Web Cryptography',
    leavesOut: [
      'syntax of htu: whatever text it is given goes into the proof, query and fragment too (build/index.js, generateProof)',
      'bound on signatures a second: none (build/index.js, generateProof)',
      'nonces: to be kept and passed on by the caller (build/index.js, generateProof)',
    ],
  },
  {
    name: 'oauth4webapi',
    cases: ['oauth4webapi, request with a proof'],
    role: 'signs',
    driven:
      'protectedResourceRequest with a DPoP handle, whose customFetch answers at once; it signs by Web Cryptography',
    leavesOut: [
      'letter case of htm: the method is raised in the proof, and sent as it is (build/index.js, resourceRequest)',
      'bound on signatures a second: none (build/index.js, DPoPHandler)',
      'a clock that is wrong: its difference is a setting, and not learnt from answers (build/index.js, DPoPHandler)',
      'repetition after a challenge: left to the caller (build/index.js, protectedResourceRequest)',
    ],
  },
  {
    name: 'openid-client',
    cases: ['openid-client, request with a proof'],
    role: 'signs',
    driven:
      'fetchProtectedResource with getDPoPHandle and a customFetch that answers at once; it signs by oauth4webapi',
    leavesOut: [
      'letter case of htm: the method is raised in the proof, and sent as it is (oauth4webapi, build/index.js, resourceRequest)',
      'bound on signatures a second: none (oauth4webapi, build/index.js, DPoPHandler)',
      'a clock that is wrong: its difference is a setting, and not learnt from answers (oauth4webapi, build/index.js, DPoPHandler)',
    ],
  },
  {
    name: 'oidc-provider',
    cases: ['issue by oidc-provider, 1 in flight', 'issue by oidc-provider, 16 in flight'],
    role: 'issues',
    driven:
      'Provider.callback() behind node:http, static clients, private_key_jwt, JWT access tokens, nonces required, its own adapter in memory',
    leavesOut: [
      'atomic replay memory: looks first and saves then, so that two at once both pass (lib/models/replay_detection.js, unique)',
      'entries that are live: its adapter in memory, which is for development, drops one when a thousand or two of any kind have come after it (lib/adapters/memory_adapter.js)',
      'replay with a date ahead, where no nonces are required: an entry lives 300 s, a proof without one up to 600 s (lib/helpers/validate_dpop.js, checkDpopReplay)',
      'iat beside a nonce: not looked at; ours neither, where nonces are required (lib/helpers/validate_dpop.js)',
    ],
  },
];

/** What traders sign with today where there is no DPoP. */
export const REFERENCES: readonly PeerFacts[] = [
  {
    name: 'API key with HMAC-SHA256',
    cases: ['reference: API key, HMAC-SHA256, verify', 'reference: API key, HMAC-SHA256, sign'],
    role: 'reference',
    driven:
      'as exchanges do: the key looked up by its id, five seconds for the time, an HMAC of time, method, path and body compared in constant time',
    leavesOut: [
      'replay: the same request is good again within the five seconds',
      'nonce: the time of the sender alone says that it is recent',
      'possession: the secret is shared, so that the venue, and whoever reads its database, can sign as any trader',
      'token: no issuer, no scope, no end: a key is good until it is withdrawn, and for one venue',
      'origin: not signed, so that a request to one host of the venue is good at another with the same keys',
    ],
  },
  {
    name: 'API key with Ed25519',
    cases: ['reference: API key, Ed25519, verify', 'reference: API key, Ed25519, sign'],
    role: 'reference',
    driven:
      'the same with a signature by Ed25519, whose public half alone the venue has, by node:crypto; ours verifies by libsodium where that is installed',
    leavesOut: [
      'replay: the same request is good again within the five seconds',
      'nonce: the time of the sender alone says that it is recent',
      'token: no issuer, no scope, no end: a key is good until it is withdrawn, and for one venue',
      'origin: not signed, so that a request to one host of the venue is good at another with the same keys',
    ],
  },
];
