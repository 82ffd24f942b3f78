import * as v from "valibot";
import { type } from "arktype";
import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import { contract } from "../../src/index.ts";
import type { UrlFaults } from "../../src/contract/url-values.ts";

/** What the compiler shows for a query. */
type Shown<Query> = UrlFaults<{ readonly query: Query }>;
/** The same for parameters. */
type ShownParams<Params> = UrlFaults<{ readonly params: Params }>;

test("a query of strings, numbers, bigints, booleans, dates and arrays of them compiles", () => {
  const query = z.object({
    text: z.string(),
    count: z.number().optional(),
    big: z.bigint(),
    flag: z.boolean().default(false),
    from: z.date().optional(),
    sort: z.enum(["up", "down"]),
    level: z.union([z.literal("all"), z.number()]),
    coerced: z.coerce.number().optional(),
    day: z.coerce.date(),
    tags: z.array(z.string()),
    counts: z.array(z.number()).optional(),
    id: z.string().brand<"id">(),
  });
  expectTypeOf<Shown<typeof query>>().toBeUnknown();
  const found = contract("/find/:page", { query, params: z.object({ page: z.number() }) });
  expectTypeOf(found.url).parameter(0).toEqualTypeOf<{ page: number }>();
  contract("/find", { query: z.looseObject({ a: z.string() }) });
  contract("/find", { query: z.record(z.string(), z.string()) });
  contract("/find", { query: z.any() });
  contract("/find", { query: v.object({ n: v.optional(v.number()), tags: v.array(v.string()) }) });
  contract("/find", { query: type({ n: "number", "tags?": "string[]" }) });
});

test("what a URL cannot carry does not compile, and the error names the value and what to write", () => {
  // @ts-expect-error an object has no place in a query
  contract("/find", { query: z.object({ at: z.object({ x: z.number() }) }) });
  // @ts-expect-error nor has an array of arrays
  contract("/find", { query: z.object({ at: z.array(z.array(z.string())) }) });
  // @ts-expect-error null has no text
  contract("/find", { query: z.object({ at: z.string().nullable() }) });
  // @ts-expect-error nor has a map
  contract("/find", { query: z.object({ at: z.map(z.string(), z.string()) }) });
  // @ts-expect-error a path has no arrays
  contract("/find/:at", { params: z.object({ at: z.array(z.string()) }) });
  const object = z.object({ fine: z.string(), at: z.object({ x: z.number() }).optional() });
  expectTypeOf<Shown<typeof object>>().toEqualTypeOf<{
    readonly query: 'query.at cannot be written in a URL: let it be a string, number, bigint, boolean, Date, or an array of these; "optional" instead of null; an object belongs in a message';
  }>();
  const list = z.object({ at: z.array(z.string()) });
  expectTypeOf<ShownParams<typeof list>>().toEqualTypeOf<{
    readonly params: "params.at cannot be written in a path: an array belongs in the query";
  }>();
});

test("values that look the same in a URL do not compile", () => {
  // @ts-expect-error "1" and 1
  contract("/find", { query: z.object({ at: z.union([z.string(), z.number()]) }) });
  // @ts-expect-error "true" and true
  contract("/find", { query: z.object({ at: z.union([z.literal("true"), z.boolean()]) }) });
  // @ts-expect-error 1 and 1n
  contract("/find", { query: z.object({ at: z.array(z.union([z.bigint(), z.number()])) }) });
  // @ts-expect-error "a" and ["a"]
  contract("/find", { query: z.object({ at: z.union([z.string(), z.array(z.string())]) }) });
  // @ts-expect-error Boolean("false") is true
  contract("/find", { query: z.object({ at: z.coerce.boolean() }) });
  const either = z.object({ at: z.union([z.string(), z.number()]) });
  expectTypeOf<Shown<typeof either>>().toEqualTypeOf<{
    readonly query: 'query.at has values that look the same in a URL, such as "1" and 1: let it be of one type';
  }>();
});
