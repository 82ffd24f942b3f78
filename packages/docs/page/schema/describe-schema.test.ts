import { expect, test } from "vitest";
import type { JsonObject } from "../../src/schemas/json.ts";
import { describeBounds, describeType } from "./describe-schema.ts";

test.each<[schema: JsonObject, type: string]>([
  [{}, "any"],
  [{ "x-symbolon-unknown": true }, "unknown"],
  [{ type: "string" }, "string"],
  [{ type: ["string", "null"] }, "string | null"],
  [{ const: 1 }, "1"],
  [{ enum: ["a", 2] }, '"a" | 2'],
  [{ type: "array" }, "array"],
  [{ type: "array", items: { type: "number" } }, "number[]"],
  [{ type: "array", items: { type: ["string", "null"] } }, "(string | null)[]"],
  [{ items: { $ref: "#/components/schemas/node" } }, "node[]"],
  [{ anyOf: [{ type: "string" }, { $ref: "#/components/schemas/node" }] }, "string | node"],
  [{ properties: {} }, "object"],
])("%j is of the type %s", (schema, type) => {
  expect(describeType(schema)).toBe(type);
});

test("the bounds of a schema are said, but for those of every integer", () => {
  const schema = { minLength: 1, maxLength: 5, maximum: Number.MAX_SAFE_INTEGER, minimum: 0, default: "a" };
  expect(describeBounds(schema)).toEqual([
    "at least 1 character",
    "at most 5 characters",
    "≥ 0",
    'default "a"',
  ]);
});

test("a format says more than its pattern", () => {
  expect(describeBounds({ format: "email", pattern: "^.+$" })).toEqual(["email"]);
  expect(describeBounds({ pattern: "^a$" })).toEqual(["matches ^a$"]);
});
