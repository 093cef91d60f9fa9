import { isJsonObject, type JsonObject } from '@holdfast/proof';

// JSON Schema draft 2020-12, Core §10. What only tests a value (`if`, `not`, `contains`) stays as it is
const OF_MEMBERS = ['properties', 'patternProperties', '$defs'];
const OF_ONE_VALUE = ['items', 'additionalProperties', 'unevaluatedProperties', 'unevaluatedItems'];
const OF_THE_SAME_VALUE = ['allOf', 'anyOf', 'oneOf'];

/**
 * The schema with every object below its top closed: it takes no member that it does not name, unless the schema itself says
 * so by `additionalProperties` or `unevaluatedProperties`. RFC 9396 §5: unknown fields are refused, however deep they lie.
 */
export function withClosedObjects(schema: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(schema).map(([keyword, value]) => [keyword, below(keyword, value)]));
}

function below(keyword: string, value: unknown): unknown {
  if (OF_MEMBERS.includes(keyword) && isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, closed(schema)]));
  }
  if (keyword === 'prefixItems' && Array.isArray(value)) return value.map(closed);
  if (OF_ONE_VALUE.includes(keyword)) return closed(value);
  // Parts of one schema: each names some members, so that none of them can be closed by itself
  if (OF_THE_SAME_VALUE.includes(keyword) && Array.isArray(value)) {
    return value.map((part: unknown) => (isJsonObject(part) ? withClosedObjects(part) : part));
  }
  return value;
}

function closed(schema: unknown): unknown {
  if (!isJsonObject(schema)) return schema;
  const within = withClosedObjects(schema);
  const isForObjects = [schema['type']].flat().includes('object');
  const isDecided = 'additionalProperties' in schema || 'unevaluatedProperties' in schema;
  return isForObjects && !isDecided ? { ...within, unevaluatedProperties: false } : within;
}
