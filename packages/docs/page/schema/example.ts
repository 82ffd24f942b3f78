import { isJsonObject, type JsonObject, type JsonValue } from "../../src/schemas/json.ts";
import { choicesOf, isRequired, mergeParts, resolve, type Schemas, typesOf } from "./resolve.ts";

/** The longest text that is filled up to its least length, in characters. */
const maxFilled = 1_000;
/** How deep an example goes into optional properties and items. */
const maxDepth = 6;

const byFormat: Readonly<Record<string, string>> = {
  "date-time": "2026-01-31T12:00:00Z",
  date: "2026-01-31",
  time: "12:00:00Z",
  duration: "PT1H",
  email: "ada@example.com",
  uri: "https://example.com",
  url: "https://example.com",
  uuid: "00000000-0000-4000-8000-000000000000",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  hostname: "example.com",
};

/** A value that a schema describes: what the schema itself gives as a default or an example, else the simplest one. */
export function exampleOf(given: JsonObject, schemas: Schemas, depth = 0): JsonValue {
  const schema = mergeParts(resolve(given, schemas), schemas);
  for (const known of [schema["const"], first(schema["examples"]), schema["default"], first(schema["enum"])])
    if (known !== undefined) return known;
  const [choice] = choicesOf(schema);
  if (choice !== undefined) return depth > maxDepth ? null : exampleOf(choice, schemas, depth + 1);
  const [type] = typesOf(schema);
  switch (type) {
    case "object":
      return exampleObject(schema, schemas, depth);
    case "array":
      return exampleArray(schema, schemas, depth);
    case "string":
      return exampleText(schema);
    case "integer":
    case "number":
      return exampleNumber(schema, type === "integer");
    case "boolean":
      return false;
    default:
      return null;
  }
}

function exampleObject(schema: JsonObject, schemas: Schemas, depth: number): JsonObject {
  const properties = schema["properties"];
  const entries = Object.entries(isJsonObject(properties) ? properties : {}).filter(
    ([name]) => isRequired(schema, name) || depth < 2,
  );
  return Object.fromEntries<JsonValue>(
    entries.flatMap(([name, inner]) =>
      isJsonObject(inner) && depth <= maxDepth ? [[name, exampleOf(inner, schemas, depth + 1)]] : [],
    ),
  );
}

function exampleArray(schema: JsonObject, schemas: Schemas, depth: number): readonly JsonValue[] {
  const { items, prefixItems, minItems } = schema;
  const tuple = Array.isArray(items) ? items : prefixItems;
  if (Array.isArray(tuple))
    return tuple.filter(isJsonObject).map((item) => exampleOf(item, schemas, depth + 1));
  if (!isJsonObject(items)) return [];
  const count = typeof minItems === "number" ? Math.min(minItems, 5) : 1;
  if (depth >= 3 && count < 2 && minItems === undefined) return [];
  return Array.from({ length: count }, () => exampleOf(items, schemas, depth + 1));
}

function exampleText(schema: JsonObject): string {
  const { format, minLength, maxLength } = schema;
  const known = typeof format === "string" ? byFormat[format] : undefined;
  if (known !== undefined) return known;
  const text = "text";
  if (typeof minLength === "number" && minLength > text.length)
    return text.padEnd(Math.min(minLength, maxFilled), ".");
  return typeof maxLength === "number" ? text.slice(0, maxLength) : text;
}

function exampleNumber(schema: JsonObject, isInteger: boolean): number {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const step = typeof multipleOf === "number" ? multipleOf : 1;
  // zod writes the bounds of a safe integer, of which the example is no news.
  const least = typeof minimum === "number" && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  if (least !== undefined) return isInteger ? Math.ceil(least / step) * step : least;
  if (typeof exclusiveMinimum === "number" && exclusiveMinimum > Number.MIN_SAFE_INTEGER)
    return exclusiveMinimum + step;
  if (typeof maximum === "number" && maximum < 0) return maximum;
  if (typeof exclusiveMaximum === "number" && exclusiveMaximum <= 0) return exclusiveMaximum - step;
  return 0;
}

function first(values: JsonValue | undefined): JsonValue | undefined {
  return Array.isArray(values) ? values[0] : undefined;
}
