/** A value that JSON carries. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** An object that JSON carries. */
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

/**
 * The value as JSON carries it: without what is undefined, Dates as texts.
 * @throws TypeError when JSON cannot carry it: a bigint, a cycle.
 */
export function toJson(value: object): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}

/** The JSON object without the fields that are undefined. */
export function present(fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as JsonObject;
}

/** Whether a JSON value is an object. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
