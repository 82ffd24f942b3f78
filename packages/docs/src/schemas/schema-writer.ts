import type { StandardJSONSchemaV1 } from "@standard-schema/spec";
import type { Schema } from "@symbolon/protocol";
import { isJsonObject, type JsonObject, type JsonValue, toJson } from "./json.ts";
import { Keys } from "./keys.ts";

/** Which of a schema's values are described: those that it validates, or those that it returns. */
export type SchemaDirection = "input" | "output";

/** Writes a schema as JSON Schema draft 7; undefined when it cannot. */
export type ConvertSchema = (schema: Schema, direction: SchemaDirection) => object | undefined;

/** Writes the schemas of a document as JSON Schema. A schema with references has its place in `components`. */
export class SchemaWriter {
  /** The schemas with references, by their keys. */
  readonly components: Record<string, JsonObject> = {};
  readonly #convert: ConvertSchema | undefined;
  readonly #keys = new Keys();
  readonly #written = { input: new Map<Schema, JsonObject>(), output: new Map<Schema, JsonObject>() };

  constructor(convert: ConvertSchema | undefined) {
    this.#convert = convert;
  }

  /** The JSON Schema of a schema's values. `name` is its key in `components`, when it needs one. */
  write(schema: Schema, direction: SchemaDirection, name: string): JsonObject {
    const known = this.#written[direction].get(schema);
    if (known !== undefined) return known;
    const written = this.#place(this.#convertOnce(schema, direction), name);
    this.#written[direction].set(schema, written);
    return written;
  }

  /** What the library of the schema says, else what `convert` says, else that the schema is unknown, and why. */
  #convertOnce(schema: Schema, direction: SchemaDirection): JsonObject {
    const standard: Schema["~standard"] & Partial<StandardJSONSchemaV1.Props> = schema["~standard"];
    const { vendor, jsonSchema } = standard;
    const attempts = [
      {
        by: vendor,
        run: jsonSchema && (() => jsonSchema[direction]({ target: "draft-07" })),
        missing: `${vendor} gives no JSON Schema for it`,
      },
      {
        by: "convert",
        run: this.#convert && (() => this.#convert?.(schema, direction)),
        missing: "there is no option `convert`",
      },
    ];
    const reasons: string[] = [];
    for (const { by, run, missing } of attempts) {
      if (run === undefined) {
        reasons.push(missing);
        continue;
      }
      try {
        const written = asObject(run());
        if (written !== undefined) return written;
        reasons.push(`${by} gives no JSON Schema for it`);
      } catch (error) {
        reasons.push(`${by}: ${firstLine(error)}`);
      }
    }
    return unknownSchema(`No JSON Schema is known for this value: ${reasons.join("; ")}.`);
  }

  /** References are local to a document: the schema gets a place in it, and its references name that place. */
  #place(written: JsonObject, name: string): JsonObject {
    const schema = Object.fromEntries(
      Object.entries(written).filter(([keyword]) => keyword !== "$schema" && keyword !== "$id"),
    );
    if (!hasReference(schema)) return schema;
    const key = this.#keys.unique(name);
    const place = `#/components/schemas/${key}`;
    this.components[key] = mapReferences(schema, (target) => place + target.slice(1)) as JsonObject;
    return { $ref: place };
  }
}

/** The schema of a value of which the document knows nothing. */
export function unknownSchema(description: string): JsonObject {
  return { description, "x-symbolon-unknown": true };
}

/** Whether the schema accepts that there is no value. */
export function acceptsNothing(schema: Schema): boolean {
  try {
    const result = schema["~standard"].validate(undefined);
    if (!("then" in result)) return result.issues === undefined;
    void result.then(undefined, () => {});
    return true; // unknown: the document demands nothing that may be left out
  } catch {
    return false;
  }
}

/** The keywords whose values are data, and those whose values are schemas by names that users chose. */
const dataKeywords = new Set(["const", "enum", "default", "examples"]);
const namedKeywords = new Set(["properties", "patternProperties", "definitions", "$defs", "dependencies"]);

function hasReference(schema: JsonObject): boolean {
  let found = false;
  mapReferences(schema, (target) => {
    found = true;
    return target;
  });
  return found;
}

/** Replaces the references that are local to the schema. */
function mapReferences(value: JsonValue, map: (target: string) => string, named = false): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => mapReferences(item, map));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([name, inner]): [string, JsonValue] => {
    if (!named && dataKeywords.has(name)) return [name, inner];
    if (!named && name === "$ref" && typeof inner === "string" && inner.startsWith("#"))
      return [name, map(inner)];
    return [name, mapReferences(inner, map, !named && namedKeywords.has(name))];
  });
  return Object.fromEntries(entries);
}

function asObject(written: unknown): JsonObject | undefined {
  if (written === undefined || written === null) return undefined;
  if (typeof written !== "object") throw new TypeError(`a JSON Schema is an object, not ${typeof written}`);
  const json = toJson(written);
  if (!isJsonObject(json)) throw new TypeError("a JSON Schema is an object, not an array");
  return json;
}

function firstLine(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return line.replace(/\.$/, "");
}
