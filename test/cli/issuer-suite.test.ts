import { afterAll, beforeAll } from 'vitest';
import { assertionChecks } from './suite/assertion-checks.ts';
import { authorizeChecks } from './suite/authorize-checks.ts';
import { bindingChecks } from './suite/binding-checks.ts';
import { codeChecks } from './suite/code-checks.ts';
import { freshnessChecks } from './suite/freshness-checks.ts';
import { machineChecks } from './suite/machine-checks.ts';
import { mechanismChecks } from './suite/mechanism-checks.ts';
import { metadataChecks } from './suite/metadata-checks.ts';
import { type Operator, operate } from './suite/operator.ts';
import { proofChecks } from './suite/proof-checks.ts';
import { pushChecks } from './suite/push-checks.ts';
import { refreshChecks } from './suite/refresh-checks.ts';
import { signingChecks } from './suite/signing-checks.ts';
import { openSuite, type Suite } from './suite/suite.ts';
import { transportChecks } from './suite/transport-checks.ts';
import { userinfoChecks } from './suite/userinfo-checks.ts';
import { waitingChecks } from './suite/waiting-checks.ts';

// The checks of a conformance suite, from outside: processes that an operator has started by the guide, asked over TLS by a
// client that shares no code with them. Each check is in a file of its own kind.
let operator: Operator;
let suite: Suite;

beforeAll(async () => {
  operator = await operate();
  suite = await openSuite(operator);
}, 60_000);

afterAll(async () => {
  await suite?.[Symbol.asyncDispose]();
  await operator[Symbol.asyncDispose]();
});

for (const checks of [
  ...[metadataChecks, assertionChecks, mechanismChecks, pushChecks, authorizeChecks, codeChecks, proofChecks],
  ...[
    freshnessChecks,
    bindingChecks,
    refreshChecks,
    machineChecks,
    signingChecks,
    userinfoChecks,
    transportChecks,
    waitingChecks,
  ],
]) {
  checks(() => suite);
}
