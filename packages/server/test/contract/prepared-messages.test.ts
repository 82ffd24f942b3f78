import type { Schema } from "@symbolon/protocol";
import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { prepareMessages } from "../../src/contract/prepared-messages.ts";

test("a schema of zod is prepared once for all clients, and answers as zod does", () => {
  const messages = { post: z.object({ text: z.string("no text") }) };
  const { post } = prepareMessages(messages) as typeof messages;
  expect(prepareMessages(messages)["post"]).toBe(post);
  expect(post["~standard"].validate({ text: "a" })).toEqual({ value: { text: "a" } });
  expect(post["~standard"].validate({})).toMatchObject({ issues: [{ message: "no text", path: ["text"] }] });
});

test("a schema whose interface for other libraries is its own, as in earlier versions of zod 4, stays as it is", () => {
  const validate = () => ({ issues: [{ message: "no" }] });
  const post = { "~standard": { version: 1 as const, vendor: "zod", validate }, _zod: { run: () => ({}) } };
  expect(prepareMessages({ post })["post"]).toBe(post);
});

describe("a value whose type was lost in JSON", () => {
  const bytes = Uint8Array.of(1, 2);
  const hint = (name: string) => ` (JSON carries no ${name}: give the contract codec: msgpack)`;
  const overJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  const issues = async (schema: object, value: unknown, json = true) => {
    const { post } = prepareMessages({ post: schema as Schema }, { json }) as { post: Schema };
    return (await post["~standard"].validate(value)).issues?.map(({ message }) => message);
  };
  const reports = async (schema: object, value: unknown) =>
    (await issues(schema, value))?.filter((message) => message.includes("JSON carries no"));

  test.each<[library: string, schema: object, value: unknown, name: string]>([
    ["zod", z.date(), new Date(0), "Date"],
    ["zod", z.map(z.string(), z.number()), new Map([["a", 1]]), "Map"],
    ["zod", z.set(z.number()), new Set([1]), "Set"],
    ["zod", z.instanceof(Uint8Array), bytes, "Uint8Array"],
    ["zod, asynchronous", z.date().refine(async () => true), new Date(0), "Date"],
    ["zod, in an object", z.object({ at: z.array(z.date()) }), { at: [new Date(0)] }, "Date"],
    ["valibot", v.date(), new Date(0), "Date"],
    ["valibot", v.map(v.string(), v.number()), new Map([["a", 1]]), "Map"],
    ["valibot, in an object", v.object({ at: v.array(v.date()) }), { at: [new Date(0)] }, "Date"],
    ["valibot", v.instance(Uint8Array), bytes, "Uint8Array"],
    ["arktype", type("Date"), new Date(0), "Date"],
    ["arktype, in an object", type({ at: type("Date") }), { at: new Date(0) }, "Date"],
    ["arktype", type("Map"), new Map([["a", 1]]), "Map"],
  ])("is named in the issue of %s, with what to do", async (_, schema, value, name) => {
    expect(await issues(schema, value)).toBeUndefined();
    const plain = await issues(schema, overJson(value), false);
    expect(plain).toHaveLength(1);
    expect(await issues(schema, overJson(value))).toEqual([`${plain?.[0]}${hint(name)}`]);
  });

  test.each<[what: string, schema: object, value: unknown]>([
    ["another text for a Date", z.date(), "yesterday"],
    ["a number for a Date", z.date(), 0],
    ["an invalid Date", z.date(), null],
    ["a Date that is too late", z.date().max(new Date(0)), new Date(1)],
    ["a moment for a day", z.iso.date(), "1970-01-01T00:00:00.000Z"],
    ["fields for a Map", z.map(z.string(), z.number()), { a: 1 }],
    ["a list for a Set", z.set(z.number()), [1]],
    ["an empty list for a Map", z.map(z.string(), z.number()), []],
    ["a list for bytes", z.instanceof(Uint8Array), [1, 2]],
    ["a text that names a Date", v.literal("a"), "expected Date"],
  ])("is not what an issue names for %s", async (_, schema, value) => {
    expect(await reports(schema, value)).toEqual([]);
  });
});
