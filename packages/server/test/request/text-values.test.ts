import { ValidationError, type Schema } from "@symbolon/protocol";
import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { readText } from "../../src/request/text-values.ts";

const noon = "2026-01-02T12:00:00.000Z";
const texts = {
  n: "1.5e3",
  big: "7",
  on: "true",
  off: "false",
  at: noon,
  one: "5",
  many: ["1", "2"],
  none: [],
  s: "5",
};
const values = {
  n: 1_500,
  big: 7n,
  on: true,
  off: false,
  at: new Date(noon),
  one: [5],
  many: [1, 2],
  none: [],
  s: "5",
};

const schemas: Record<string, Schema> = {
  zod: z.object({
    n: z.number(),
    big: z.bigint(),
    on: z.boolean(),
    off: z.boolean().optional(),
    at: z.date(),
    one: z.array(z.number()),
    many: z.array(z.number()),
    none: z.array(z.string()),
    s: z.string(),
  }),
  valibot: v.object({
    n: v.number(),
    big: v.bigint(),
    on: v.boolean(),
    off: v.optional(v.boolean()),
    at: v.date(),
    one: v.array(v.number()),
    many: v.array(v.number()),
    none: v.array(v.string()),
    s: v.string(),
  }),
  arktype: type({
    n: "number",
    big: "bigint",
    on: "boolean",
    "off?": "boolean",
    at: "Date",
    one: "number[]",
    many: "number[]",
    none: "string[]",
    s: "string",
  }),
};

test.each(Object.keys(schemas))("%s gets each text as the value that the schema wants", async (library) => {
  expect(await readText(schemas[library] as Schema, texts)).toEqual(values);
});

test("one text of an array of strings is an array, though it looks like a number", async () => {
  expect(await readText(z.object({ tags: z.array(z.string()) }), { tags: "5" })).toEqual({ tags: ["5"] });
});

test("items of an array may be of several types", async () => {
  const schema = z.object({ levels: z.array(z.union([z.literal("all"), z.number()])) });
  expect(await readText(schema, { levels: ["all", "5"] })).toEqual({ levels: ["all", 5] });
});

test("a union of objects gets numbers too", async () => {
  const schema = z.union([z.object({ x: z.number() }).strict(), z.object({ y: z.number() }).strict()]);
  expect(await readText(schema, { y: "5" })).toEqual({ y: 5 });
});

test("a schema that accepts the texts runs once", async () => {
  let runs = 0;
  const schema = z.object({ s: z.string().refine(() => (runs += 1)) });
  await readText(schema, { s: "5" });
  expect(runs).toBe(1);
});

test("an asynchronous schema is awaited", async () => {
  const schema = z.object({ n: z.number().refine(async (n) => n > 1) });
  expect(await readText(schema, { n: "2" })).toEqual({ n: 2 });
  await expect(readText(schema, { n: "1" })).rejects.toThrow(ValidationError);
});

test("a name may be __proto__", async () => {
  const hostile = JSON.parse('{"__proto__":"5","n":"5"}') as Record<string, string>;
  expect(await readText(z.object({ n: z.number() }), hostile)).toEqual({ n: 5 });
});

describe("what fits no form is refused with one report", () => {
  const issueOf = async (schema: Schema, given: Record<string, unknown>) => {
    const error: unknown = await Promise.resolve(readText(schema, given)).catch((reason: unknown) => reason);
    return (error as ValidationError).issues.map(({ message, path }) => `${path.join(".")}: ${message}`);
  };

  test.each(["", "abc", "1e", "0x10", "١", " 5", "05", "NaN", "Infinity", "1_000"])(
    "%j is not a number",
    async (n) => {
      expect(await issueOf(z.object({ n: z.number() }), { n })).toEqual([
        "n: Invalid input: expected number, received string",
      ]);
    },
  );

  test.each(["1", "TRUE", "yes", ""])("%j is not a boolean", async (b) => {
    expect(await issueOf(z.object({ b: z.boolean() }), { b })).toEqual([
      "b: Invalid input: expected boolean, received string",
    ]);
  });

  test.each(["2026-01-02", "2026-13-45T12:00:00Z", "5", "Fri Jan 02 2026"])("%j is not a date", async (d) => {
    expect(await issueOf(z.object({ d: z.date() }), { d })).toEqual([
      "d: Invalid input: expected date, received string",
    ]);
  });

  test("a value of the right type that is wrong is reported as such", async () => {
    expect(await issueOf(z.object({ n: z.number().max(10) }), { n: "12" })).toEqual([
      "n: Too big: expected number to be <=10",
    ]);
    expect(await issueOf(z.object({ s: z.string().min(3) }), { s: "12" })).toEqual([
      "s: Too small: expected string to have >=3 characters",
    ]);
    expect(await issueOf(v.object({ n: v.pipe(v.number(), v.maxValue(10)) }), { n: "12" })).toEqual([
      "n: Invalid value: Expected <=10 but received 12",
    ]);
    expect(await issueOf(type({ n: "number < 10" }), { n: "12" })).toEqual([
      "n: n must be less than 10 (was 12)",
    ]);
  });

  test("a missing value is reported, and the others are not", async () => {
    const schema = z.object({ n: z.number(), m: z.number() });
    expect(await issueOf(schema, { n: "5" })).toEqual([
      "m: Invalid input: expected number, received undefined",
    ]);
  });

  test("the schema runs at most a hundred times more, however many values it refuses one by one", async () => {
    let runs = 0;
    const names = Array.from({ length: 256 }, (_, index) => `n${index}`);
    const schema: Schema = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate(value) {
          runs += 1;
          const wrong = Object.entries(value as object).find(([, one]) => typeof one === "string");
          return wrong ? { issues: [{ message: "wrong", path: [wrong[0]] }] } : { value };
        },
      },
    };
    await expect(readText(schema, Object.fromEntries(names.map((name) => [name, "5"])))).rejects.toThrow(
      "wrong",
    );
    expect(runs).toBe(101); // the texts twice: the first time tells nothing but that they are refused
  });
});

test("of more than 256 values a schema gets the texts alone, once: other forms would cost the server much", async () => {
  let runs = 0;
  const numbers = z.array(z.number());
  const counted = z.object({
    n: z.unknown().transform((value, context) => {
      runs += 1;
      const read = numbers.safeParse(value);
      if (!read.success) context.addIssue("not numbers");
      return read.data;
    }),
  });
  const read = async (count: number): Promise<unknown> =>
    readText(counted, { n: Array<string>(count).fill("1") });
  expect(await read(256)).toEqual({ n: Array(256).fill(1) });
  runs = 0;
  await expect(read(257)).rejects.toThrow("more than 256 values are read as text alone; n: not numbers");
  expect(runs).toBe(1);
  const texts = { n: Array<string>(1_000).fill("text") };
  expect(await readText(z.object({ n: z.array(z.string()) }), texts)).toEqual(texts);
});
