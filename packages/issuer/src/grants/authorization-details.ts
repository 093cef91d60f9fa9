import { HoldfastError, isJsonObject, type JsonObject } from '@holdfast/proof';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { type AuthorizationDetailsType, ConfigurationError } from '../config.ts';
import type { Parameters } from '../form.ts';
import { withClosedObjects } from './closed-schema.ts';

/** The types of authorization_details that are configured (RFC 9396). */
export interface AuthorizationDetails {
  readonly types: ReadonlyMap<string, AuthorizationDetailsType>;
  /** Entries that are sound for their types; undefined when the parameter is not there (RFC 9396 §2, §5). */
  read(parameters: Parameters): readonly JsonObject[] | undefined;
  /** Throws unless all entries are of types that the client may ask for (RFC 9396 §10). */
  checkClient(details: readonly JsonObject[], allowed: readonly string[]): void;
  /** The one resource that an entry is for. */
  resourceOf(entry: JsonObject): string | undefined;
}

const LONGEST = 8192; // octets: a JWT with all of it still fits into a header field, and what reads tokens takes it
const MOST = 20; // entries
const DEEPEST = 8;

/** Compiles the schemas. Throws `ConfigurationError` for one that is none. */
export function createAuthorizationDetails(configured: readonly AuthorizationDetailsType[]): AuthorizationDetails {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: false, allowUnionTypes: true });
  const types = new Map(configured.map((each) => [each.type, each]));
  const validators = new Map(configured.map((each, i) => [each.type, compile(ajv, each, i)]));

  // RFC 9396 §5: an unknown type, an unknown, missing or wrong field
  function check(entry: unknown, i: number): JsonObject {
    const detail = `authorization_details[${i}]`;
    const type = isJsonObject(entry) ? entry['type'] : undefined;
    const validate = typeof type === 'string' ? validators.get(type) : undefined;
    if (validate === undefined || !validate(entry))
      throw new HoldfastError('authorization_details_invalid', { detail });
    return entry as JsonObject;
  }

  return {
    types,
    read(parameters) {
      const value = parameters.json('authorization_details', 'authorization_details_invalid');
      if (value === undefined) return undefined;
      if (!Array.isArray(value) || value.length === 0 || value.length > MOST || !isPlain(value, DEEPEST)) {
        throw new HoldfastError('authorization_details_invalid');
      }
      if (Buffer.byteLength(JSON.stringify(value)) > LONGEST) throw new HoldfastError('authorization_details_invalid');
      return value.map(check);
    },
    checkClient(details, allowed) {
      if (!details.every(({ type }) => allowed.includes(String(type)))) {
        throw new HoldfastError('authorization_details_invalid', { detail: 'type' });
      }
    },
    resourceOf: ({ type }) => types.get(String(type))?.resource,
  };
}

function compile(ajv: Ajv2020, { type, schema }: AuthorizationDetailsType, i: number): ValidateFunction {
  try {
    // A field that the schema does not name is one that nobody would check
    return ajv.compile({
      type: 'object',
      required: ['type'],
      properties: { type: { const: type } },
      allOf: [withClosedObjects(schema)],
      unevaluatedProperties: false,
    });
  } catch (cause) {
    throw new ConfigurationError(`authorization_details_types[${i}].schema: must be a JSON Schema (draft 2020-12)`, {
      cause,
    });
  }
}

/** Of so many levels at most, and without a member that every object has: Ajv takes `constructor` for one that a schema names. */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Object.keys(value).some((name) => name in Object.prototype)) return false;
  return depth > 0 && Object.values(value).every((member) => isPlain(member, depth - 1));
}
