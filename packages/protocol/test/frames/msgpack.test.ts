import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { jsonFrames } from "../../src/frames/frame.ts";
import { msgpack } from "../../src/frames/msgpack.ts";
import { carriesFrames, frames } from "./codec-conformance.ts";

carriesFrames(jsonFrames);
carriesFrames(msgpack);

function carried(data: unknown): unknown {
  const frame = msgpack.read(msgpack.write({ t: "event", name: "say", data }));
  return frame.t === "event" && frame.data;
}

describe("MessagePack carries what JSON cannot", () => {
  test.each([
    ["bytes", Uint8Array.of(0, 255)],
    ["many bytes", new Uint8Array(70_000).fill(7)],
    ["no bytes", new Uint8Array()],
    ["a date", new Date(1_700_000_000_123)],
    ["a date of a whole second", new Date(1_700_000_000_000)],
    ["a date before 1970", new Date(-1)],
    ["the first date and the last", [new Date(-8.64e15), new Date(8.64e15)]],
    ["a date that is none", new Date(Number.NaN)],
    [
      "a map",
      new Map<unknown, unknown>([
        [{ a: 1 }, [[1], 2]],
        ["a", new Map()],
        [1, undefined],
      ]),
    ],
    ["a set", new Set<unknown>([1, "a", new Set(), [1]])],
    ["undefined", { a: undefined, b: [undefined] }],
    ["numbers that are none", [Number.NaN, Infinity, -Infinity]],
    ["large integers", [0n, 1n, -1n, 2n ** 63n, 2n ** 64n, -(2n ** 63n), -(2n ** 64n), 2n ** 70_000n]],
    ["a text with a byte order mark", [`\u{FEFF}${"a".repeat(100)}`, "\u{FEFF}"]],
    ["keys that mean something elsewhere", { constructor: 1, toJSON: 2, hasOwnProperty: 3, t: 4 }],
    ["an object of many keys", Object.fromEntries(Array.from({ length: 70_000 }, (_, n) => [`k${n}`, n]))],
  ])("%s", (_, data) => {
    expect(carried(data)).toEqual(data);
  });

  test("all of it, mixed and nested", () => {
    const { json } = fc.letrec((tie) => ({
      leaf: fc.oneof(
        fc.string({ unit: "grapheme" }),
        fc.double(),
        fc.bigInt(),
        fc.date({ noInvalidDate: true }),
        fc.uint8Array(),
        fc.constantFrom(null, undefined, true, false),
      ),
      json: fc.oneof(
        { maxDepth: 3 },
        tie("leaf"),
        fc.array(tie("json"), { maxLength: 4 }),
        fc.array(tie("json"), { maxLength: 4 }).map((items) => new Set(items)),
        fc.array(fc.tuple(tie("json"), tie("json")), { maxLength: 4 }).map((items) => new Map(items)),
        fc.dictionary(
          fc.string().filter((key) => key !== "__proto__"),
          tie("json"),
          { maxKeys: 4 },
        ),
      ),
    }));
    // -0 is 0, as it is in JSON.
    const property = fc.property(json, (data) => isDeepStrictEqual(carried(data), plusZero(data)));
    expect(() => fc.assert(property, { numRuns: 1_000 })).not.toThrow();
  });

  test("bytes are plain, and a copy with a buffer of their own", () => {
    const bytes = carried(Buffer.from("abc")) as Uint8Array;
    expect(bytes.constructor).toBe(Uint8Array);
    expect(bytes.buffer.byteLength).toBe(3);
  });

  test("half of a surrogate pair becomes U+FFFD, as in any text message", () => {
    expect(carried({ "\u{D83D}": ["a\u{DE00}", "\u{1F600}"] })).toEqual({
      "\u{FFFD}": ["a\u{FFFD}", "\u{1F600}"],
    });
  });
});

describe("what cannot be sent is said at once", () => {
  test.each([
    [() => 1, "a function cannot be sent"],
    [Symbol("s"), "a symbol cannot be sent"],
    [new Float32Array(1), "bytes are sent as a Uint8Array"],
    [new ArrayBuffer(1), "bytes are sent as a Uint8Array"],
    [JSON.parse('{"__proto__":1}'), '"__proto__" cannot be a key'],
    [nested(64), "nested deeper than 64"],
  ])("%o", (data, why) => {
    expect(() => carried([data])).toThrow(TypeError);
    expect(() => carried([data])).toThrow(why);
    expect(carried(1)).toBe(1);
  });

  test("what is just not too deep is sent", () => {
    expect(carried(nested(63))).toEqual(nested(63));
  });
});

describe("what is no MessagePack of ours is refused with 4400", () => {
  const before = [0x83, 0xa1, 0x74, 0xa5, ...letters("event"), 0xa4, ...letters("name"), 0xa1, 0x61];
  const event = (data: readonly number[]): Uint8Array =>
    Uint8Array.from([...before, 0xa4, ...letters("data"), ...data]);

  test("the same bytes around what is one are read", () => {
    expect(msgpack.read(event([0xcf, 0, 0, 0, 0, 0, 0, 0, 1]))).toEqual({ t: "event", name: "a", data: 1n });
    expect(msgpack.read(event([0xca, 0x3f, 0x80, 0, 0]))).toMatchObject({ data: 1 });
  });

  test.each([[[0xc0]], [[0x90]], [[0xa4, ...letters("ping")]], [[0x91, 0xd4, 0x53, 1]]])(
    "%j is no frame",
    (bytes) => {
      expect(() => msgpack.read(Uint8Array.from(bytes))).toThrow("a frame is");
    },
  );

  test.each<[string, number[], string]>([
    ["nothing", [], "fewer bytes"],
    ["a byte too many", [0xc0, 0xc0], "more bytes than one value"],
    ["0xc1", [0xc1], "a byte that MessagePack does not use"],
    ["a text that ends early", [0xa5, 0x61], "fewer bytes"],
    ["a text of four gigabytes", [0xdb, 255, 255, 255, 255], "fewer bytes"],
    ["bytes of four gigabytes", [0xc6, 255, 255, 255, 255], "fewer bytes"],
    ["an array of four billion items", [0xdd, 255, 255, 255, 255], "fewer bytes"],
    ["an object of four billion keys", [0xdf, 255, 255, 255, 255], "fewer bytes"],
    ["an object of more keys than bytes", [0x82, 0xa0, 0xc0], "fewer bytes"],
    ["an extension of four gigabytes", [0xc9, 255, 255, 255, 255, 0x42], "fewer bytes"],
    ["half a number", [0xcb, 1], "fewer bytes"],
    ["a short text that is not UTF-8", [0xa1, 0xff], "not UTF-8"],
    ["a text with a surrogate", [0xa3, 0xed, 0xa0, 0x80], "not UTF-8"],
    ["a long text that is not UTF-8", [0xd9, 30, ...Array<number>(30).fill(0xc0)], "not UTF-8"],
    ["a key that is a number", [0x81, 1, 1], "a key"],
    ["a key __proto__", [0x81, 0xa9, ...letters("__proto__"), 0x80], "a key"],
    ["a record definition", [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 1], "an extension"],
    ["an error", [0xd4, 0x65, 0, 0x92, 0xa1, 0x61, 0xa0], "an extension"],
    ["a regular expression", [0xd4, 0x78, 0, 0x92, 0xa1, 0x61, 0xa0], "an extension"],
    ["a reference", [0xd6, 0x70, 0, 0, 0, 1], "an extension"],
    ["a bundle of texts", [0xd6, 0x62, 0, 0, 0, 0, 0xa0, 0xa0], "an extension"],
    ["a typed array", [0xc7, 2, 0x74, 1, 0], "an extension"],
    ["an integer of no bytes", [0xc7, 0, 0x42], "an extension"],
    ["a timestamp of three bytes", [0xc7, 3, 0xff, 0, 0, 0], "a timestamp"],
    ["what makes a set, alone", [0xd4, 0x53, 0], "an extension"],
    ["what makes a set, in second place", [0x92, 1, 0xd4, 0x53, 0], "an extension"],
    ["a map with a key too many", [0x92, 0xd4, 0x53, 1, 1], "no set and no map"],
    ["a collection of no kind", [0x91, 0xd4, 0x53, 2], "no set and no map"],
    ["too deep arrays", Array<number>(65_000).fill(0x91), "nested deeper than 64"],
    ["too deep objects", Array.from({ length: 65_000 }, (_, n) => (n % 2 ? 0xa0 : 0x81)), "deeper than 64"],
  ])("%s", (_, data, why) => {
    const refused = expect.objectContaining({ code: "BAD_FRAME", closeCode: 4400 });
    expect(() => msgpack.read(event(data))).toThrow(refused);
    expect(() => msgpack.read(event(data))).toThrow(why);
  });

  test("an array that says more than there is is refused, and one that says the truth is read", () => {
    const bytes = event([0xdc, 0x70, 0, ...Array.from({ length: 28_672 }, () => 0x90)]);
    expect(() => msgpack.read(bytes)).not.toThrow();
    expect(() => msgpack.read(bytes.subarray(0, -1))).toThrow("fewer bytes");
  });

  test("no code is made of what arrives", () => {
    const made = vi.spyOn(globalThis, "Function");
    const record = [0x40, 1];
    const records = [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 1, ...record, ...record, ...record, ...record];
    expect(() => msgpack.read(event([0x95, ...records]))).toThrow("an extension");
    expect(carried([{ a: 1 }, { a: 1 }, { a: 1 }, { a: 1 }])).toHaveLength(4);
    expect(made).not.toHaveBeenCalled();
    made.mockRestore();
  });
});

test("every frame is a map of so few fields that numbers can be added to it by its first byte", () => {
  const sizes = frames.map((frame) => Number(msgpack.write(frame)[0]));
  const { fixmap, fields } = { fixmap: 0x80, fields: 0x0f };
  expect(sizes.map((first) => first & ~fields)).toEqual(frames.map(() => fixmap));
  expect(Math.max(...sizes.map((first) => first & fields))).toBe(12); // a welcome; two more make 14 of 15
});

function letters(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

/** An array in an array, so many deep. */
function nested(depth: number): unknown[] {
  return depth === 1 ? [] : [nested(depth - 1)];
}

function plusZero(value: unknown): unknown {
  if (value === 0) return 0;
  if (Array.isArray(value)) return value.map(plusZero);
  if (value instanceof Set) return new Set([...value].map(plusZero));
  if (value instanceof Map) return new Map([...value].map(([key, one]) => [plusZero(key), plusZero(one)]));
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof Uint8Array)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plusZero(one)]));
}
