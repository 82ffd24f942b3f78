import { expect, test } from "vitest";
import type { JsonObject, JsonValue } from "../../src/schemas/json.ts";
import { exampleOf } from "./example.ts";

const text = { type: "string" };

test.each<[schema: JsonObject, example: JsonValue]>([
  [{}, null],
  [text, "text"],
  [{ type: "string", maxLength: 2 }, "te"],
  [{ type: "string", minLength: 6 }, "text.."],
  [{ type: "string", format: "uuid" }, "00000000-0000-4000-8000-000000000000"],
  [{ type: ["string", "null"] }, "text"],
  [{ type: "integer", minimum: -9_007_199_254_740_991 }, 0],
  [{ type: "integer", minimum: 1.5 }, 2],
  [{ type: "number", minimum: 1.5 }, 1.5],
  [{ type: "integer", exclusiveMinimum: 0 }, 1],
  [{ type: "integer", maximum: -3 }, -3],
  [{ type: "integer", minimum: 3, multipleOf: 5 }, 5],
  [{ type: "boolean" }, false],
  [{ const: "on" }, "on"],
  [{ enum: ["a", "b"] }, "a"],
  [{ type: "string", default: "d" }, "d"],
  [{ type: "string", examples: ["e"] }, "e"],
  [{ anyOf: [text, { type: "null" }] }, "text"],
  [{ type: "array", items: text }, ["text"]],
  [{ type: "array", items: text, minItems: 2 }, ["text", "text"]],
  [{ type: "array", items: [text, { type: "boolean" }] }, ["text", false]],
  [{ type: "array" }, []],
  [
    { type: "object", properties: { a: text, b: { type: "null" } }, required: ["a"] },
    { a: "text", b: null },
  ],
  [{ allOf: [{ properties: { a: text } }, { properties: { b: text } }] }, { a: "text", b: "text" }],
])("the example of %j is %j", (schema, example) => {
  expect(exampleOf(schema, {})).toEqual(example);
});

test("a schema that contains itself has an example that ends", () => {
  const node = {
    type: "object",
    properties: { inner: { $ref: "#/components/schemas/node" } },
    required: ["inner"],
  };
  const example = JSON.stringify(exampleOf({ $ref: "#/components/schemas/node" }, { node }));
  expect(example).toMatch(/^\{"inner":\{"inner":/);
  expect(example.length).toBeLessThan(200);
});

test("a text with a huge least length has a short example", () => {
  expect(exampleOf({ type: "string", minLength: 1e9 }, {})).toHaveLength(1_000);
});

test("a list that contains itself has an example that ends", () => {
  const tree = { type: "array", items: { $ref: "#/components/schemas/tree" } };
  expect(exampleOf({ $ref: "#/components/schemas/tree" }, { tree })).toEqual([[[[]]]]);
});
