import { createReplayTable } from '@holdfast/verifier';
import { passesReplayContract } from './replay-contract.ts';

// Entries leave sixteen seconds at a time.
passesReplayContract({ name: 'createReplayTable', open: createReplayTable, lingers: 15 });
