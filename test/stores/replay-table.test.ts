import { createReplayTable } from '@holdfast/verifier';
import { passesReplayContract } from './replay-contract.ts';

passesReplayContract({ name: 'createReplayTable', open: createReplayTable });
