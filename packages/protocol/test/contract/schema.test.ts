import * as v from "valibot";
import { expect, test } from "vitest";
import { z } from "zod";
import { ValidationError } from "../../src/errors.ts";
import { validate } from "../../src/contract/schema.ts";

test.each([
  ["zod", z.string().transform((line) => line.length)],
  [
    "valibot",
    v.pipe(
      v.string(),
      v.transform((line) => line.length),
    ),
  ],
])("%s: a value becomes what the schema makes of it, at once", (_, schema) => {
  expect(validate(schema, "abc")).toBe(3);
  expect(() => validate(schema, 3)).toThrow(ValidationError);
});

test("the error names every place that is wrong", () => {
  const schema = z.object({ name: z.string("no name"), tags: z.array(z.number("no number")) });
  expect(() => validate(schema, { tags: [1, "2"] })).toThrow(
    expect.objectContaining({
      message: "name: no name; tags.1: no number",
      issues: [expect.objectContaining({ path: ["name"] }), expect.objectContaining({ path: ["tags", 1] })],
    }),
  );
});

test("an asynchronous schema gives a promise, and rejects it", async () => {
  const schema = v.pipeAsync(
    v.string(),
    v.checkAsync(async (line) => line !== "taken", "is taken"),
  );
  expect(await validate(schema, "free")).toBe("free");
  await expect(validate(schema, "taken")).rejects.toThrow(/^is taken$/);
});
