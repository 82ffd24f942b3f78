import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { ProtocolError } from "../../src/errors.ts";
import { fromClient } from "../../src/frames/client-frames.ts";
import { jsonFrames } from "../../src/frames/frame-codec.ts";
import { msgpack } from "../../src/frames/msgpack.ts";
import { frameCodecConformance, sampleFrames } from "./codec-conformance.ts";

frameCodecConformance(jsonFrames);
frameCodecConformance(msgpack);

/** Writes and reads `data`. */
function roundTrip(data: unknown): unknown {
  const frame = msgpack.read(msgpack.write({ t: "event", name: "post", data }));
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
    ["an invalid date", new Date(Number.NaN)],
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
    ["numbers that are not finite", [Number.NaN, Infinity, -Infinity]],
    ["large integers", [0n, 1n, -1n, 2n ** 63n, 2n ** 64n, -(2n ** 63n), -(2n ** 64n), 2n ** 70_000n]],
    ["a text with a byte order mark", [`\u{FEFF}${"a".repeat(100)}`, "\u{FEFF}"]],
    ["keys that have a meaning elsewhere", { constructor: 1, toJSON: 2, hasOwnProperty: 3, t: 4 }],
    ["an object of many keys", Object.fromEntries(Array.from({ length: 70_000 }, (_, n) => [`k${n}`, n]))],
  ])("%s", (_, data) => {
    expect(roundTrip(data)).toEqual(data);
  });

  test("all of these, mixed and nested", () => {
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
    const property = fc.property(json, (data) => isDeepStrictEqual(roundTrip(data), plusZero(data)));
    expect(() => fc.assert(property, { numRuns: 1_000 })).not.toThrow();
  });

  test("bytes are plain, and a copy with a buffer of their own", () => {
    const bytes = roundTrip(Buffer.from("abc")) as Uint8Array;
    expect(bytes.constructor).toBe(Uint8Array);
    expect(bytes.buffer.byteLength).toBe(3);
  });

  test("a surrogate pair", () => {
    expect(roundTrip({ "\u{1F600}": ["a\u{1F600}"] })).toEqual({ "\u{1F600}": ["a\u{1F600}"] });
  });
});

describe("a value that cannot be sent throws at once", () => {
  test.each([
    [() => 1, "a function cannot be sent"],
    [Symbol("s"), "a symbol cannot be sent"],
    [new Float32Array(1), "bytes are sent as a Uint8Array"],
    [new ArrayBuffer(1), "bytes are sent as a Uint8Array"],
    [JSON.parse('{"__proto__":1}'), 'the key "__proto__" cannot be sent'],
    [nested(64), "nested deeper than 64"],
    ["a\u{DE00}", "half of a surrogate pair"],
    [{ "\u{D83D}": 1 }, "half of a surrogate pair"],
    [new Map([["\u{D83D}", 1]]), "half of a surrogate pair"],
  ])("%o", (data, why) => {
    expect(() => roundTrip([data])).toThrow(TypeError);
    expect(() => roundTrip([data])).toThrow(why);
    expect(roundTrip(1)).toBe(1);
  });

  test("but the report of an invalid message, whose text was cut within a surrogate pair", () => {
    const report = { t: "error", re: 1, code: "INVALID", message: "a\u{D83D}" } as const;
    const data = [{ message: "a\u{D83D}", path: [1, "\u{D83D}"] }];
    expect(msgpack.read(msgpack.write({ ...report, data }))).toEqual({
      ...report,
      message: "a\u{FFFD}",
      data: [{ message: "a\u{FFFD}", path: [1, "\u{FFFD}"] }],
    });
  });

  test("a value that is nested as deep as allowed is sent", () => {
    expect(roundTrip(nested(63))).toEqual(nested(63));
  });
});

describe("invalid MessagePack is refused with 4400", () => {
  const before = [0x83, 0xa1, 0x74, 0xa5, ...letters("event"), 0xa4, ...letters("name"), 0xa1, 0x61];
  const event = (data: readonly number[]): Uint8Array =>
    Uint8Array.from([...before, 0xa4, ...letters("data"), ...data]);

  test("the same bytes around a valid value are read", () => {
    expect(msgpack.read(event([0xcf, 0, 0, 0, 0, 0, 0, 0, 1]))).toEqual({ t: "event", name: "a", data: 1n });
    expect(msgpack.read(event([0xca, 0x3f, 0x80, 0, 0]))).toMatchObject({ data: 1 });
  });

  test.each([[[0xc0]], [[0x90]], [[0xa4, ...letters("ping")]], [[0x91, 0xd4, 0x53, 1]]])(
    "%j is not a frame",
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
    ["a short text with invalid UTF-8", [0xa1, 0xff], "not UTF-8"],
    ["a text with a surrogate", [0xa3, 0xed, 0xa0, 0x80], "not UTF-8"],
    ["a long text with invalid UTF-8", [0xd9, 30, ...Array<number>(30).fill(0xc0)], "not UTF-8"],
    ["a key that is a number", [0x81, 1, 1], "an invalid map key"],
    ["a key __proto__", [0x81, 0xa9, ...letters("__proto__"), 0x80], "an invalid map key"],
    ["a record definition", [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 1], "an unknown extension"],
    ["an error", [0xd4, 0x65, 0, 0x92, 0xa1, 0x61, 0xa0], "an unknown extension"],
    ["a regular expression", [0xd4, 0x78, 0, 0x92, 0xa1, 0x61, 0xa0], "an unknown extension"],
    ["a reference", [0xd6, 0x70, 0, 0, 0, 1], "an unknown extension"],
    ["a bundle of texts", [0xd6, 0x62, 0, 0, 0, 0, 0xa0, 0xa0], "an unknown extension"],
    ["a typed array", [0xc7, 2, 0x74, 1, 0], "an unknown extension"],
    ["an integer of no bytes", [0xc7, 0, 0x42], "an unknown extension"],
    ["a timestamp of three bytes", [0xc7, 3, 0xff, 0, 0, 0], "an invalid timestamp"],
    ["the mark of a set, alone", [0xd4, 0x53, 0], "an unknown extension"],
    ["the mark of a set, in second place", [0x92, 1, 0xd4, 0x53, 0], "an unknown extension"],
    ["a map with a key too many", [0x92, 0xd4, 0x53, 1, 1], "a malformed Set or Map"],
    ["a collection of no kind", [0x91, 0xd4, 0x53, 2], "a malformed Set or Map"],
    ["too deep arrays", Array<number>(65_000).fill(0x91), "nested deeper than 64"],
    ["too deep objects", Array.from({ length: 65_000 }, (_, n) => (n % 2 ? 0xa0 : 0x81)), "deeper than 64"],
  ])("%s", (_, data, why) => {
    const refused = expect.objectContaining({ code: "BAD_FRAME", closeCode: 4400 });
    expect(() => msgpack.read(event(data))).toThrow(refused);
    expect(() => msgpack.read(event(data))).toThrow(why);
  });

  test("an array with fewer items than announced is refused, and one with as many is read", () => {
    const bytes = event([0xdc, 0x70, 0, ...Array.from({ length: 28_672 }, () => 0x90)]);
    expect(() => msgpack.read(bytes)).not.toThrow();
    expect(() => msgpack.read(bytes.subarray(0, -1))).toThrow("fewer bytes");
  });

  // S18
  test.each<[string, (keys: number) => unknown]>([
    ["an object", (keys) => Object.fromEntries(numbers(keys).map((n) => [`k${n}`, n]))],
    ["a map", (keys) => new Map(numbers(keys).map((n) => [n, n]))],
    ["many objects", (keys) => numbers(keys).map((n) => ({ k: n }))],
  ])(
    "a client's frame with too many keys in %s is refused, and the most that are allowed are read",
    (_, make) => {
      const envelope = 3; // t, name and data
      const write = (keys: number) => msgpack.write({ t: "event", name: "a", data: make(keys) });
      expect(msgpack.read(write(10_000 - envelope), fromClient)).toMatchObject({ t: "event" });
      const wide = write(10_001 - envelope);
      expect(() => msgpack.read(wide, fromClient)).toThrow(
        new ProtocolError("a frame has at most 10000 keys"),
      );
      expect(msgpack.read(wide)).toMatchObject({ t: "event" });
    },
  );

  // S18
  test.each<[string, number[]]>([
    ["NaN", [0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0]],
    ["Infinity", [0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0]],
    ["a fraction", [0xca, 0x3f, 0xc0, 0, 0]],
    ["an integer of 64 bits, which is a bigint", [0xcf, 0, 0, 0, 0, 0, 0, 0, 1]],
    ["2 ** 53", [0xcb, 0x43, 0x40, 0, 0, 0, 0, 0, 0]],
    ["-1", [0xff]],
    ["a text", [0xa1, 0x31]],
  ])("a sequence that is %s is refused", (_, bytes) => {
    const frame = Uint8Array.from([...before, 0xa1, 0x73, ...bytes]);
    expect(() => msgpack.read(frame)).toThrow(new ProtocolError('missing or wrong field "s"'));
  });

  test("a key that occurs twice has its last value, as in JSON", () => {
    const twice = Uint8Array.from([0x82, 0xa1, 0x61, 1, 0xa1, 0x61, 2]);
    expect(msgpack.read(event([...twice]))).toMatchObject({ data: { a: 2 } });
    expect(jsonFrames.read('{"t":"event","name":"a","data":{"a":1,"a":2}}')).toMatchObject({
      data: { a: 2 },
    });
  });

  // S19
  test("keys of Object.prototype are keys like any other, and change no prototype", () => {
    const keys = ["constructor", "prototype", "toString", "hasOwnProperty"];
    const data = Object.fromEntries(keys.map((key) => [key, { polluted: true }]));
    const bytes = msgpack.write({ t: "event", name: "a", data });
    expect(msgpack.read(bytes, fromClient)).toEqual({ t: "event", name: "a", data });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  // CVE-2018-1270
  test("no code is made of the bytes that arrive", () => {
    const functionConstructor = vi.spyOn(globalThis, "Function");
    const record = [0x40, 1];
    const records = [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 1, ...record, ...record, ...record, ...record];
    expect(() => msgpack.read(event([0x95, ...records]))).toThrow("an unknown extension");
    expect(roundTrip([{ a: 1 }, { a: 1 }, { a: 1 }, { a: 1 }])).toHaveLength(4);
    expect(functionConstructor).not.toHaveBeenCalled();
    functionConstructor.mockRestore();
  });
});

test("every frame is a map of so few fields that a stamp can be added to it by its first byte", () => {
  const sizes = sampleFrames.map((frame) => Number(msgpack.write(frame)[0]));
  const { fixmap, fields } = { fixmap: 0x80, fields: 0x0f };
  expect(sizes.map((first) => first & ~fields)).toEqual(sampleFrames.map(() => fixmap));
  expect(Math.max(...sizes.map((first) => first & fields))).toBe(12); // a welcome; two more make 14 of 15
});

/** 1 to `count`. */
function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

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
