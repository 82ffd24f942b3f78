import * as v from "valibot";
import { type } from "arktype";
import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import { contract, type ContractDefinition, request, stream, type Schema } from "../../src/index.ts";
import type { JsonFaults } from "../../src/contract/json-values.ts";
import { msgpack } from "../../src/frames/msgpack.ts";

/** What the compiler shows in the place of an event. */
type Shown<S> =
  JsonFaults<{ readonly client: { readonly at: S } }> extends {
    readonly client: { readonly at: infer Fault };
  }
    ? Fault
    : unknown;

/** A type that contains itself. */
interface Tree {
  readonly name: string;
  readonly parent?: Tree | undefined;
  readonly children: readonly Tree[];
}
/** One that has a value in its depths that JSON lacks. */
interface DatedTree {
  readonly at?: Date;
  readonly left?: DatedTree;
  readonly right?: DatedTree;
  readonly children: readonly DatedTree[];
}
declare const tree: Schema<Tree>;
declare const datedTree: Schema<DatedTree>;
const Level = { low: 0, high: "high" } as const;
class Point {
  x = 1;
  move(): void {}
}

test("what JSON carries compiles", () => {
  const fine = z.object({
    text: z.string(),
    none: z.null(),
    left: z.undefined(),
    maybe: z.string().optional(),
    either: z.union([z.string(), z.undefined()]),
    level: z.enum(Level),
    sort: z.enum(["up", "down"]),
    list: z.array(z.string().nullable()).readonly(),
    pair: z.tuple([z.string(), z.number().optional()]),
    rest: z.tuple([z.string()], z.boolean()),
    record: z.record(z.string(), z.number().optional()),
    any: z.any(),
    unknown: z.unknown(),
    items: z.array(z.unknown()),
    json: z.json(),
    id: z.string().brand<"id">(),
    day: z.iso.datetime().transform((text) => new Date(text)),
    coerced: z.coerce.date(),
    codec: z.codec(z.string(), z.bigint(), { decode: BigInt, encode: String }),
    get self() {
      return z.array(fine);
    },
  });
  expectTypeOf<Shown<typeof fine>>().toBeUnknown();
  contract("/fine", { client: { fine }, server: { fine } });
  contract("/fine", { client: { tree, ping: z.void(), never: z.never(), loose: z.looseObject({}) } });
  contract("/fine", { client: { branded: z.object({ a: z.string() }).brand<"b", "inout">() } });
  contract("/fine", {
    client: {
      object: v.object({ at: v.pipe(v.string(), v.toDate()), maybe: v.optional(v.string()) }),
      branded: v.pipe(v.string(), v.brand("id")),
      ark: type({ at: "string.date.parse", "maybe?": "string[]", id: "string#id" }),
      get: request({ input: z.void(), output: tree, errors: { GONE: z.object({ since: z.string() }) } }),
      watch: stream({ input: z.null(), upload: tree, output: z.coerce.bigint<string>() }),
    },
  });
});

test("what JSON lacks does not compile, in any message and by any library", () => {
  // @ts-expect-error a Date becomes a string
  contract("/at", { client: { at: z.date() } });
  // @ts-expect-error from the server too
  contract("/at", { server: { at: z.object({ when: z.date().optional() }) } });
  // @ts-expect-error an array of them
  contract("/at", { client: { at: z.array(z.date()) } });
  // @ts-expect-error one of a union
  contract("/at", { client: { at: z.union([z.string(), z.bigint()]) } });
  // @ts-expect-error a Map becomes {}
  contract("/at", { client: { at: z.map(z.string(), z.string()) } });
  // @ts-expect-error a Set becomes {}
  contract("/at", { client: { at: z.set(z.string()) } });
  // @ts-expect-error a bigint throws
  contract("/at", { client: { at: z.bigint() } });
  // @ts-expect-error bytes become an object of numbers
  contract("/at", { client: { at: z.instanceof(Uint8Array) } });
  // @ts-expect-error an instance loses its class
  contract("/at", { client: { at: z.instanceof(Point) } });
  // @ts-expect-error as has a URL, whose text would arrive
  contract("/at", { client: { at: z.instanceof(URL) } });
  // @ts-expect-error a symbol is left out
  contract("/at", { client: { at: z.symbol() } });
  // @ts-expect-error and a function
  contract("/at", { client: { at: z.object({ run: z.custom<() => void>() }) } });
  // @ts-expect-error undefined in an array becomes null
  contract("/at", { client: { at: z.array(z.string().optional()) } });
  // @ts-expect-error in a record
  contract("/at", { client: { at: z.record(z.string(), z.date()) } });
  // @ts-expect-error in a tuple
  contract("/at", { client: { at: z.tuple([z.string(), z.date()]) } });
  // @ts-expect-error deep in a recursive type
  contract("/at", { client: { at: datedTree } });
  // @ts-expect-error the input of a request
  contract("/at", { client: { at: request({ input: z.date(), output: z.null() }) } });
  // @ts-expect-error its output
  contract("/at", { client: { at: request({ input: z.null(), output: z.date() }) } });
  const errors = { OLD: z.date() };
  // @ts-expect-error the data of an error
  contract("/at", { client: { at: request({ input: z.null(), output: z.null(), errors }) } });
  // @ts-expect-error an item
  contract("/at", { client: { at: stream({ input: z.null(), output: z.date() }) } });
  // @ts-expect-error an item of an upload
  contract("/at", { client: { at: stream({ input: z.null(), output: z.null(), upload: z.date() }) } });
  // @ts-expect-error by valibot
  contract("/at", { client: { at: v.object({ when: v.date() }) } });
  // @ts-expect-error by valibot
  contract("/at", { client: { at: v.map(v.string(), v.string()) } });
  // @ts-expect-error by arktype
  contract("/at", { client: { at: type({ when: "Date" }) } });
  // @ts-expect-error by arktype
  contract("/at", { client: { at: type("bigint") } });
});

test("the error names the place, what is there, and what to do", () => {
  const date = z.object({ lines: z.array(z.object({ by: z.string(), when: z.date() })) });
  expectTypeOf<
    Shown<typeof date>
  >().toEqualTypeOf<'client.at.lines[].when is a Date, which JSON does not carry: let it be a string, as z.iso.datetime() is, or give the contract the MessagePack codec, "codec: msgpack" of @symbolon/protocol/msgpack'>();
  const list = z.array(z.string().optional());
  expectTypeOf<
    Shown<typeof list>
  >().toEqualTypeOf<'client.at[] is undefined in an array, which JSON does not carry: let it be null, or give the contract the MessagePack codec, "codec: msgpack" of @symbolon/protocol/msgpack'>();
  const call = request({ input: z.null(), output: z.instanceof(Point) });
  expectTypeOf<
    Shown<typeof call>
  >().toEqualTypeOf<"client.at.output is an object with methods, which no message carries: let it be data, such as an object of strings and numbers">();
  const set = stream({ input: z.null(), output: z.null(), upload: z.set(z.string()) });
  expectTypeOf<
    Shown<typeof set>
  >().toEqualTypeOf<'client.at.upload is a Set, which JSON does not carry: let it be an array, or give the contract the MessagePack codec, "codec: msgpack" of @symbolon/protocol/msgpack'>();
  expectTypeOf<Extract<Shown<typeof datedTree>, `client.at.at ${string}`>>().toBeString();
});

test("a contract with a codec may have what the codec carries", () => {
  const rich = z.object({
    at: z.date(),
    map: z.map(z.string(), z.set(z.bigint())),
    bytes: z.instanceof(Uint8Array),
  });
  contract("/rich", { codec: msgpack, client: { rich, get: request({ input: rich, output: rich }) } });
  // @ts-expect-error a codec that may be missing carries nothing
  contract("/rich", { codec: undefined as typeof msgpack | undefined, client: { rich } });
});

test("types that are recursive, wide or not known yet are checked as far as they are known", () => {
  type Sum = number | readonly ["add", Sum, Sum];
  type Wide = { readonly [Name in `f${0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`]?: Wide } & {
    readonly at: Date;
  };
  type Growing<T> = { readonly value: T; readonly next?: Growing<readonly T[]> };
  contract("/wide", { client: { sum: z.custom<Sum>(), growing: z.custom<Growing<string>>() } });
  // @ts-expect-error a Date at each of very many places
  contract("/wide", { client: { wide: z.custom<Wide>() } });
  function generic<S extends Schema, T>(schema: S, typed: Schema<T>) {
    const get = request({ input: schema, output: typed });
    return contract("/generic", { client: { schema, typed, get }, server: { list: z.array(z.custom<T>()) } });
  }
  const narrow = generic(z.string(), z.number());
  expectTypeOf(narrow.definition.client.schema).toEqualTypeOf<z.ZodString>();
  function wide(definition: ContractDefinition) {
    return contract("/wide", definition);
  }
  expectTypeOf(wide({}).path).toEqualTypeOf<"/wide">();
});
