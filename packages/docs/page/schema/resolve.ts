import { isJsonObject, type JsonObject, type JsonValue } from "../../src/schemas/json.ts";

/** The schemas that others reference, by their keys. */
export type Schemas = Readonly<Record<string, JsonObject>>;

const place = "#/components/schemas/";

/** A value that should be an array of schemas, as one. */
function schemasIn(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** The schema that a reference names, with what is beside the reference; another schema as it is. */
export function resolve(schema: JsonObject, schemas: Schemas): JsonObject {
  let resolved = schema;
  for (let depth = 0; depth < 16; depth += 1) {
    const { $ref: reference, ...rest } = resolved;
    if (typeof reference !== "string") return resolved;
    const target = lookUp(reference, schemas);
    if (target === undefined) return rest;
    resolved = { ...target, ...rest };
  }
  return {};
}

/** The name of a reference's target: the last part of it. */
export function referenceName(schema: JsonObject): string | undefined {
  const reference = schema["$ref"];
  return typeof reference === "string" ? reference.slice(reference.lastIndexOf("/") + 1) : undefined;
}

/** A JSON pointer within the schemas (RFC 6901). */
function lookUp(reference: string, schemas: Schemas): JsonObject | undefined {
  if (!reference.startsWith(place)) return undefined;
  let found: JsonValue | undefined = schemas;
  for (const part of reference.slice(place.length).split("/")) {
    const name = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(found)) found = found[Number(name)];
    else found = isJsonObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  }
  return isJsonObject(found) ? found : undefined;
}

/** The JSON types that a schema allows; none, if it does not say. */
export function typesOf(schema: JsonObject): readonly string[] {
  const { type } = schema;
  if (typeof type === "string") return [type];
  if (Array.isArray(type)) return type.filter((one) => typeof one === "string");
  if (isJsonObject(schema["properties"])) return ["object"];
  return schema["items"] === undefined ? [] : ["array"];
}

/** The schemas of which a value fulfils one. */
export function choicesOf(schema: JsonObject): readonly JsonObject[] {
  const anyOf = schemasIn(schema["anyOf"]);
  return anyOf.length > 0 ? anyOf : schemasIn(schema["oneOf"]);
}

/** The schema with the properties of all parts of its `allOf`. */
export function mergeParts(schema: JsonObject, schemas: Schemas): JsonObject {
  const parts = schemasIn(schema["allOf"]).map((part) => resolve(part, schemas));
  if (parts.length === 0) return schema;
  const all = [schema, ...parts];
  const properties = Object.assign({}, ...all.map((part) => part["properties"] ?? {})) as JsonObject;
  const required = all.flatMap((part) => {
    const names = part["required"];
    return Array.isArray(names) ? (names as readonly JsonValue[]) : [];
  });
  return { ...(Object.assign({}, ...parts) as JsonObject), ...schema, properties, required, allOf: [] };
}

/** Whether an object must have a property. */
export function isRequired(schema: JsonObject, name: string): boolean {
  const { required } = schema;
  return Array.isArray(required) && required.includes(name);
}
