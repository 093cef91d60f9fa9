import type { Scenes } from '../../scene/scenes.ts';
import type { Case } from '../case.ts';
import { bindingCases } from './bindings.ts';
import { coldCases } from './cold.ts';
import { introspectCases } from './introspect.ts';
import { issueCases } from './issue.ts';
import { approvedCases } from './issue-approved.ts';
import { certificateCase } from './issue-certificate.ts';
import { messageCases } from './messages.ts';
import { peerCases } from './peers/cases.ts';
import { rawCases } from './raw.ts';
import { redisCases } from './redis.ts';
import { refusalCases } from './refusals.ts';
import { signCases } from './sign.ts';
import { stepCases } from './steps.ts';
import { verifyCases } from './verify.ts';

/** Every case that runs in rounds, in the order of the table. */
export function allCases(scenes: Scenes): Case[] {
  return [
    ...rawCases(scenes),
    ...verifyCases(scenes),
    ...stepCases(scenes),
    ...bindingCases(scenes),
    ...coldCases(scenes),
    ...redisCases(scenes),
    ...refusalCases(scenes),
    ...peerCases(scenes),
    ...issueCases(scenes),
    ...approvedCases(scenes),
    certificateCase(scenes),
    ...introspectCases(scenes),
    ...signCases(),
    ...messageCases(scenes),
  ];
}
