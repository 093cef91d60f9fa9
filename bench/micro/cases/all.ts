import { createScenes } from '../../scene/scenes.ts';
import type { Case } from '../case.ts';
import { coldCase } from './cold.ts';
import { issueCases } from './issue.ts';
import { messageCases } from './messages.ts';
import { mtlsCase } from './mtls.ts';
import { peerCases } from './peers/cases.ts';
import { rawCases } from './raw.ts';
import { refusalCases } from './refusals.ts';
import { signCases } from './sign.ts';
import { verifyCases } from './verify.ts';

/** Every case that runs in rounds, in the order of the table. */
export function allCases(): Case[] {
  const scenes = createScenes();
  return [
    ...rawCases(scenes),
    ...verifyCases(scenes),
    coldCase(),
    mtlsCase(),
    ...refusalCases(scenes),
    ...peerCases(scenes),
    ...issueCases(scenes),
    ...signCases(),
    ...messageCases(scenes),
  ];
}
