export type { DemoClient } from './demo/clients.ts';
export {
  type Deployment,
  type DeploymentFacts,
  type DeploymentOptions,
  deploy,
  trusting,
} from './demo/deployment.ts';
export { type EvidenceFile, type EvidenceFileOptions, openEvidence } from './evidence/evidence-file.ts';
export { type Listener, type ListenerOptions, listen } from './listener.ts';
export { createLogger, type Logger } from './logger.ts';
