import { ValidationError } from "../errors.ts";
import { type Schema, validate } from "../contract/schema.ts";
import type { Message } from "../wire/wire.ts";

/** Turns a value into a text or binary message and back. */
export interface Codec<Written, Read = Written> {
  /** The kind of messages that it reads, or "any" for both. */
  readonly type: "text" | "binary" | "any";
  /** The media type of its messages, for documents: `application/json`. */
  readonly contentType?: string;
  /** The schema of its values, for documents: of its input in messages that it reads, of its output in those that it writes. */
  readonly schema?: Schema;
  /**
   * Makes a message of a value.
   * @throws ValidationError or TypeError when the value cannot be sent.
   */
  encode(value: Written): Message;
  /**
   * Reads a message.
   * @throws ValidationError, possibly as a rejection, when the codec cannot read the message.
   */
  decode(message: Message): Read | Promise<Read>;
}

/** Strings in text messages. */
export const text: Codec<string> = {
  type: "text",
  encode: (value) => (typeof value === "string" ? value : invalid("a string", kindOf(value))),
  decode: (message) => (typeof message === "string" ? message : invalid("a text message", "a binary one")),
};

/** Bytes in binary messages. */
export const bytes: Codec<Uint8Array> = {
  type: "binary",
  encode: (value) => (value instanceof Uint8Array ? value : invalid("a Uint8Array", kindOf(value))),
  decode: (message) => (typeof message === "string" ? invalid("a binary message", "a text one") : message),
};

/** Whole numbers in decimal, in text messages. */
export const int: Codec<number> = {
  type: "text",
  encode: (value) => (Number.isSafeInteger(value) ? String(value) : invalid("a safe integer", kindOf(value))),
  decode: async (message) => {
    const line = await text.decode(message);
    const value = /^[+-]?\d{1,16}$/.test(line) ? Number(line) : Number.NaN;
    return Number.isSafeInteger(value) ? value : invalid("a whole number", cut(line));
  },
};

/** `true` and `false` in text messages; reads `True`, `False` and whole numbers too, zero being false. */
export const bool: Codec<boolean> = {
  type: "text",
  encode: (value) => (typeof value === "boolean" ? String(value) : invalid("a boolean", kindOf(value))),
  decode: async (message) => {
    const line = await text.decode(message);
    if (/^[Tt]rue$/.test(line)) return true;
    if (/^[Ff]alse$/.test(line)) return false;
    return /^\d+$/.test(line) ? !/^0+$/.test(line) : invalid("true or false", cut(line));
  },
};

/**
 * JSON in text messages; it reads binary ones too. A schema checks and converts in both directions.
 * @example
 * app.ws("/prices", { receive: json(z.object({ symbol: z.string() })) }, handler);
 */
export function json(): Codec<unknown>;
export function json<In, Out>(schema: Schema<In, Out>): Codec<In, Out>;
export function json(schema?: Schema): Codec<unknown> {
  const codec = { type: "any", contentType: "application/json" } as const;
  if (schema === undefined) return { ...codec, encode: stringify, decode: parse };
  return {
    ...codec,
    schema,
    encode: (value) => stringify(synchronous(validate(schema, value))),
    decode: (message) => validate(schema, parse(message)),
  };
}

/**
 * The same codec in binary messages, as UTF-8.
 * @example
 *   app.ws("/points", { receive: binary(json(Point)) }, listen(addPoint));
 */
export function binary<Written, Read>(codec: Codec<Written, Read>): Codec<Written, Read> {
  return {
    ...codec,
    type: "binary",
    encode: (value) => {
      const message = codec.encode(value);
      return typeof message === "string" ? new TextEncoder().encode(message) : message;
    },
    decode: async (message) => codec.decode(decodeUtf8(await bytes.decode(message))),
  };
}

/** The codec of a route without codecs: it sends strings and bytes (buffers and their views too) as they are, and other values as JSON. */
export const passthrough: Codec<unknown, Message> = {
  type: "any",
  encode: (value) => {
    if (typeof value === "string" || value instanceof Uint8Array) return value;
    if (value instanceof ArrayBuffer) return new Uint8Array(value);
    if (!ArrayBuffer.isView(value)) return stringify(value);
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  },
  decode: (message) => message,
};

function stringify(value: unknown): string {
  const line: string | undefined = JSON.stringify(value);
  return line ?? invalid("a value that JSON can carry", typeof value);
}

function parse(message: Message): unknown {
  const line = typeof message === "string" ? message : decodeUtf8(message);
  try {
    return JSON.parse(line);
  } catch {
    return invalid("JSON", cut(line));
  }
}

function decodeUtf8(message: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(message);
  } catch {
    return invalid("UTF-8", "other bytes");
  }
}

/** The result of a schema that may not be asynchronous. */
function synchronous<Value>(value: Value | Promise<Value>): Value {
  if (!(value instanceof Promise)) return value;
  value.catch(() => {}); // the TypeError is thrown in any case
  throw new TypeError(
    "a schema that writes messages cannot be asynchronous: messages would overtake each other",
  );
}

function cut(line: string): string {
  return JSON.stringify(line.length > 98 ? `${line.slice(0, 97)}…` : line);
}

/** A number itself, since it may be an invalid one; the type of another value, since that may be long or secret. */
function kindOf(value: unknown): string {
  return typeof value === "number" ? String(value) : value === null ? "null" : typeof value;
}

function invalid(expected: string, found: string): never {
  throw new ValidationError([{ message: `expected ${expected}, got ${found}` }]);
}
