import { type } from "arktype";
import * as v from "valibot";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { z as mini } from "zod/mini";
import { type ConvertSchema, SchemaWriter } from "../../src/schemas/schema-writer.ts";

const byZod: ConvertSchema = (schema, io) => z.toJSONSchema(schema as z.ZodType, { io, target: "draft-7" });

test.each([
  ["zod", z.object({ a: z.string() })],
  ["arktype", type({ a: "string" })],
])("%s writes its schemas itself, by Standard JSON Schema", (_, schema) => {
  const convert = vi.fn<ConvertSchema>();
  expect(new SchemaWriter(convert).write(schema, "input", "s")).toEqual({
    type: "object",
    properties: { a: { type: "string" } },
    required: ["a"],
  });
  expect(convert).not.toHaveBeenCalled();
});

test("the input and the output of a schema are written each for itself", () => {
  const writer = new SchemaWriter(undefined);
  const schema = z.object({ a: z.string().default("x") });
  const a = { type: "string", default: "x" };
  expect(writer.write(schema, "input", "s")).toEqual({ type: "object", properties: { a } });
  expect(writer.write(schema, "output", "s")).toEqual({
    type: "object",
    properties: { a },
    required: ["a"],
    additionalProperties: false,
  });
});

test("a library without Standard JSON Schema is converted", () => {
  const schema = mini.string();
  expect(new SchemaWriter(byZod).write(schema, "input", "s")).toEqual({ type: "string" });
});

test("what the library refuses is converted", () => {
  const convert = vi.fn<ConvertSchema>(() => ({ type: "string", format: "date-time" }));
  const schema = z.date();
  expect(new SchemaWriter(convert).write(schema, "output", "s")).toEqual({
    type: "string",
    format: "date-time",
  });
  expect(convert.mock.calls).toEqual([[schema, "output"]]);
});

const unknown = (reason: string) => ({
  description: `No JSON Schema is known for this value: ${reason}.`,
  "x-symbolon-unknown": true,
});

test.each<
  [what: string, schema: Parameters<ConvertSchema>[0], convert: ConvertSchema | undefined, reason: string]
>([
  [
    "without `convert`",
    v.string(),
    undefined,
    "valibot gives no JSON Schema for it; there is no option `convert`",
  ],
  [
    "when `convert` returns nothing",
    v.string(),
    () => undefined,
    "valibot gives no JSON Schema for it; convert gives no JSON Schema for it",
  ],
  [
    "when both throw",
    z.date(),
    byZod,
    "zod: Date cannot be represented in JSON Schema; convert: Date cannot be represented in JSON Schema",
  ],
  [
    "when `convert` returns no object",
    v.string(),
    (() => "string") as never,
    "valibot gives no JSON Schema for it; convert: a JSON Schema is an object, not string",
  ],
  [
    "when `convert` returns an array",
    v.string(),
    () => [],
    "valibot gives no JSON Schema for it; convert: a JSON Schema is an object, not an array",
  ],
  [
    "when JSON cannot carry the schema",
    v.string(),
    () => ({ const: 1n }),
    "valibot gives no JSON Schema for it; convert: Do not know how to serialize a BigInt",
  ],
])("a schema is marked as unknown, with the reason, %s", (_, schema, convert, reason) => {
  expect(new SchemaWriter(convert).write(schema, "input", "s")).toEqual(unknown(reason));
});

test("a schema with references has a place in the components, and its references lead there", () => {
  const writer = new SchemaWriter(undefined);
  const node = z.object({
    value: z.number(),
    get next() {
      return node.optional();
    },
  });
  expect(writer.write(node, "input", "list/node")).toEqual({ $ref: "#/components/schemas/list_node" });
  expect(writer.components["list_node"]).toMatchObject({
    properties: { next: { allOf: [{ $ref: "#/components/schemas/list_node" }] } },
  });
});

test("the definitions of a schema stay in it", () => {
  const writer = new SchemaWriter(undefined);
  const question = z.object({ text: z.string() }).meta({ id: "Question" });
  expect(writer.write(z.array(question), "input", "quiz")).toEqual({ $ref: "#/components/schemas/quiz" });
  expect(writer.components["quiz"]).toEqual({
    type: "array",
    items: { $ref: "#/components/schemas/quiz/definitions/Question" },
    definitions: {
      Question: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
    },
  });
});

test("two schemas have two places, one schema has one", () => {
  const writer = new SchemaWriter(() => ({ items: { $ref: "#" } }));
  const schema = v.string();
  expect(writer.write(schema, "input", "s")).toEqual({ $ref: "#/components/schemas/s" });
  expect(writer.write(schema, "input", "again")).toEqual({ $ref: "#/components/schemas/s" });
  expect(writer.write(v.string(), "input", "s")).toEqual({ $ref: "#/components/schemas/s_2" });
});

test("data and names that look like references stay as they are", () => {
  const written = {
    const: { $ref: "#" },
    properties: { $ref: { type: "string" }, const: { $ref: "https://other.example/schema" } },
  };
  const writer = new SchemaWriter(() => ({ $schema: "draft", $id: "me", ...written }));
  expect(writer.write(v.string(), "input", "s")).toEqual(written);
  const named = new SchemaWriter(() => ({ properties: { default: { $ref: "#" } } }));
  named.write(v.string(), "input", "s");
  expect(named.components).toEqual({ s: { properties: { default: { $ref: "#/components/schemas/s" } } } });
});
