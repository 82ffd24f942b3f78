import * as fc from "fast-check";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { binary, bool, bytes, type Codec, int, json, text, passthrough } from "../../src/socket/codec.ts";
import { ValidationError } from "../../src/errors.ts";
import type { Message } from "../../src/wire/wire.ts";

const utf8 = (line: string): Uint8Array => new TextEncoder().encode(line);
const decode = async <Read>(codec: Codec<never, Read>, message: Message): Promise<Read> =>
  codec.decode(message);

describe("text and bytes", () => {
  test("are sent and received as they are", async () => {
    expect(text.encode("a")).toBe("a");
    expect(await text.decode("a")).toBe("a");
    const some = new Uint8Array([1, 2]);
    expect(bytes.encode(some)).toBe(some);
    expect(await bytes.decode(some)).toBe(some);
  });

  test("reject the other kind of message", () => {
    expect(() => text.decode(utf8("a"))).toThrow(
      new ValidationError([{ message: "expected a text message, got a binary one" }]),
    );
    expect(() => bytes.decode("a")).toThrow("expected a binary message, got a text one");
  });
});

const nothing: unknown = undefined;

test.each<[string, Codec<never, unknown>, unknown, string]>([
  ["text", text, { a: 1 }, "expected a string, got object"],
  ["text", text, utf8("a"), "expected a string, got object"],
  ["text", text, nothing, "expected a string, got undefined"],
  ["bytes", bytes, "a", "expected a Uint8Array, got string"],
  ["bytes", bytes, null, "expected a Uint8Array, got null"],
  ["int", int, "7", "expected a safe integer, got string"],
  ["int", int, 0.5, "expected a safe integer, got 0.5"],
  ["int", int, Object.create(null), "expected a safe integer, got object"],
  ["bool", bool, "true", "expected a boolean, got string"],
  ["bool", bool, 1, "expected a boolean, got 1"],
  ["binary(text)", binary(text), { a: 1 }, "expected a string, got object"],
  ["binary(bytes)", binary(bytes), "a", "expected a Uint8Array, got string"],
])("%s does not write a value of another type", (_, codec, value, message) => {
  expect(() => codec.encode(value as never)).toThrow(new ValidationError([{ message }]));
});

describe("int", () => {
  test.each([
    ["0", 0],
    ["-12", -12],
    ["+7", 7],
    ["007", 7],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
  ])("reads %s", async (line, value) => expect(await int.decode(line)).toBe(value));

  test.each(["", " 1", "1.0", "1e3", "0x10", "9007199254740992", "NaN", "1\n", "٣"])(
    "rejects %j",
    async (line) => {
      await expect(int.decode(line)).rejects.toThrow(ValidationError);
    },
  );

  test.each([1.5, Number.NaN, 2 ** 53, Infinity])("does not write %d", (value) => {
    expect(() => int.encode(value)).toThrow(ValidationError);
  });

  test("reads each number that it writes", async () => {
    const check = async (value: number) => {
      expect(await decode(int, int.encode(value))).toBe(value);
    };
    await fc.assert(fc.asyncProperty(fc.maxSafeInteger(), check));
  });

  test("a long line is cut in the message", async () => {
    await expect(int.decode("x".repeat(1_000))).rejects.toThrow(`got "${"x".repeat(97)}…"`);
  });
});

describe("bool", () => {
  test.each([
    ["true", true],
    ["True", true],
    ["false", false],
    ["False", false],
    ["1", true],
    ["00", false],
    ["42", true],
  ])("reads %s as %s", async (line, value) => expect(await bool.decode(line)).toBe(value));

  test.each(["", "TRUE", "yes", "-1", "true "])("rejects %j", async (line) => {
    await expect(bool.decode(line)).rejects.toThrow(ValidationError);
  });

  test("writes true and false", () => {
    expect([bool.encode(true), bool.encode(false)]).toEqual(["true", "false"]);
  });
});

describe("json", () => {
  test("reads text and binary messages", async () => {
    expect(await json().decode('{"a":[1]}')).toEqual({ a: [1] });
    expect(await json().decode(utf8('{"a":[1]}'))).toEqual({ a: [1] });
  });

  test.each(["", "{", "undefined"])("rejects %j", (line) => {
    expect(() => json().decode(line)).toThrow(
      new ValidationError([{ message: `expected JSON, got ${JSON.stringify(line)}` }]),
    );
  });

  test("rejects bytes that are not UTF-8", () => {
    expect(() => json().decode(new Uint8Array([0xff]))).toThrow("expected UTF-8");
  });

  test.each([undefined, Symbol("s"), () => 1])("does not write %s", (value) => {
    expect(() => json().encode(value)).toThrow(ValidationError);
  });

  test("does not write a bigint or a cycle", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(() => json().encode(1n)).toThrow(TypeError);
    expect(() => json().encode(cycle)).toThrow(TypeError);
  });

  test("the schema runs in both directions: it adds defaults, removes unknown keys and rejects", async () => {
    const codec = json(z.object({ a: z.number().default(1) }));
    const secret: { a?: number } = JSON.parse('{"secret":1}');
    expect(codec.encode(secret)).toBe('{"a":1}');
    expect(await codec.decode('{"a":2,"secret":1}')).toEqual({ a: 2 });
    expect(() => codec.decode('{"a":"2"}')).toThrow(/^a: /);
    expect(() => codec.encode({ a: Number.NaN })).toThrow(/^a: /);
  });

  test("an asynchronous schema reads, and throws when it writes", async () => {
    const codec = json(
      v.pipeAsync(
        v.string(),
        v.checkAsync(async (line) => line !== "bad", "is bad"),
      ),
    );
    expect(await codec.decode('"good"')).toBe("good");
    await expect(codec.decode('"bad"')).rejects.toThrow("is bad");
    expect(() => codec.encode("good")).toThrow(/cannot be asynchronous/);
  });

  test("an asynchronous schema that rejects a written value causes no unhandled rejection", async () => {
    const codec = json(
      v.pipeAsync(
        v.string(),
        v.checkAsync(async () => false, "is bad"),
      ),
    );
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    expect(() => codec.encode("a")).toThrow(TypeError);
    await new Promise(setImmediate);
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });
});

test("JSON is written compact, and no script is escaped", () => {
  expect(json().encode({ test: "数据", list: [1, 2] })).toBe('{"test":"数据","list":[1,2]}');
});

describe("binary", () => {
  test("writes the text of a codec to binary messages, and reads binary messages only", async () => {
    const codec = binary(json(z.object({ a: z.number() })));
    expect(codec.type).toBe("binary");
    expect(codec.encode({ a: 1 })).toEqual(utf8('{"a":1}'));
    expect(await codec.decode(utf8('{"a":1}'))).toEqual({ a: 1 });
    await expect(codec.decode('{"a":1}')).rejects.toThrow("expected a binary message");
    await expect(codec.decode(new Uint8Array([0xc3]))).rejects.toThrow("expected UTF-8");
  });

  test("reads each text that it writes, also a byte order mark", async () => {
    const check = async (line: string) => {
      expect(await decode(binary(text), binary(text).encode(line))).toBe(line);
    };
    await check("\uFEFFa");
    await fc.assert(fc.asyncProperty(fc.string({ unit: "binary" }), check));
  });
});

test("passthrough writes strings and bytes as they are and other values as JSON, and parses nothing", () => {
  const some = utf8("a");
  expect(passthrough.encode("{}")).toBe("{}");
  expect(passthrough.encode(some)).toBe(some);
  expect(passthrough.encode({ a: 1 })).toBe('{"a":1}');
  expect(() => passthrough.encode(undefined)).toThrow(ValidationError);
  expect(passthrough.decode("{}")).toBe("{}");
  expect(passthrough.decode(some)).toBe(some);
});

test("passthrough writes the bytes of buffers and of their views", () => {
  const { buffer } = new Uint8Array([1, 2, 3, 4]);
  expect(passthrough.encode(buffer)).toEqual(new Uint8Array([1, 2, 3, 4]));
  expect(passthrough.encode(new DataView(buffer, 1, 2))).toEqual(new Uint8Array([2, 3]));
  expect(passthrough.encode(new Uint16Array(buffer, 2, 1))).toEqual(new Uint8Array([3, 4]));
});

test("json and its binary form have the media type, and the schema if there is one, for documents", () => {
  const schema = z.number();
  expect(json()).toMatchObject({ type: "any", contentType: "application/json" });
  expect(json()).not.toHaveProperty("schema");
  expect(json(schema)).toMatchObject({ type: "any", contentType: "application/json", schema });
  expect(binary(json(schema))).toMatchObject({ type: "binary", contentType: "application/json", schema });
});
