import { HoldfastError } from '../errors.ts';
import { type Component, shownName } from './component.ts';
import { derivedValue } from './derived-component.ts';
import { fieldValue } from './field-component.ts';
import type { SignedMessage } from './signed-message.ts';

/**
 * What is signed: RFC 9421 §2.5. `parameters` is the inner list of components with its parameters, as the last line has it
 * (§2.3). Throws `signature_coverage` when a component has no value; there is no base of the others alone.
 */
export function signatureBase(components: readonly Component[], parameters: string, message: SignedMessage): string {
  let base = '';
  for (const component of components) base += `${component.identifier}: ${componentValue(component, message)}\n`;
  return `${base}"@signature-params": ${parameters}`;
}

function componentValue(component: Component, message: SignedMessage): string {
  checkSide(component, message);
  const read = component.name.startsWith('@') ? derivedValue : fieldValue;
  return read(component, message);
}

/** RFC 9421 §2.4: `req` has a meaning in responses only. */
function checkSide(component: Component, { response }: SignedMessage): void {
  if (response === undefined && component.parameters.has('req')) {
    throw new HoldfastError('signature_coverage', { detail: shownName(component) });
  }
}
