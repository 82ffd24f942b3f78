import { expect, test } from "vitest";
import { mergeParts, resolve } from "./resolve.ts";

const text = { type: "string" };
const schemas = {
  "desk.note": { type: "object", properties: { "a/b": text }, definitions: { c: { type: "null" } } },
  loop: { $ref: "#/components/schemas/loop" },
};

test.each([
  ["#/components/schemas/desk.note", schemas["desk.note"]],
  ["#/components/schemas/desk.note/properties/a~1b", text],
  ["#/components/schemas/desk.note/definitions/c", { type: "null" }],
  ["#/components/schemas/none", {}],
  ["#/components/schemas/desk.note/toString", {}],
  ["#/components/schemas/loop", {}],
  ["https://example.com/schema", {}],
])("%s", ($ref, schema) => {
  expect(resolve({ $ref }, schemas)).toEqual(schema);
});

test("what is beside a reference stays", () => {
  const resolved = resolve(
    { $ref: "#/components/schemas/desk.note/properties/a~1b", description: "d" },
    schemas,
  );
  expect(resolved).toEqual({ type: "string", description: "d" });
});

test("the parts of a schema are one schema, with the properties of all", () => {
  const parts = [
    { type: "object", properties: { a: text }, required: ["a"] },
    { properties: { b: text }, required: ["b"] },
  ];
  expect(mergeParts({ description: "d", allOf: parts }, {})).toMatchObject({
    type: "object",
    description: "d",
    properties: { a: text, b: text },
    required: ["a", "b"],
  });
});
