import { addExtension, Packr } from "msgpackr";
import { checkFrame, type FrameCodec, jsonFrames } from "./frame-codec.ts";
import { collection, maxDepth, readMsgpack } from "./msgpack-reader.ts";

/**
 * Frames in MessagePack, as binary messages: they carry `Uint8Array`, `Date`, `Map`, `Set`, `bigint` and `undefined`. Give
 * it to the client and to the server, and install `msgpackr`; a peer that does not have it gets JSON.
 */
export const msgpack: FrameCodec = {
  protocol: "symbolon.v1.msgpack",
  write(frame) {
    // A frame leaves out its own fields that are undefined, but not those of its data.
    const fields = Object.entries(frame).filter(([, value]) => value !== undefined);
    const whole = Object.fromEntries(fields);
    const bytes: Uint8Array = packr.pack(
      portable("t" in frame && frame.t === "error" ? wellFormed(whole) : whole, 1),
    );
    // The packer's memory is never shared with another thread.
    return new Packed(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
  },
  stamp(message, stamp) {
    if (typeof message === "string") return jsonFrames.stamp(message, stamp);
    const fields = Object.entries(stamp).filter(([, value]) => value !== undefined);
    const numbers: Uint8Array = packr.pack(portable(Object.fromEntries(fields), 1));
    // A frame is a map of few fields, and its first byte counts them (fixmap of the MessagePack specification).
    const stamped = new Packed(numbers.length + message.length - 1);
    stamped.set(numbers);
    stamped.set(message.subarray(1), numbers.length);
    stamped[0] = Number(message[0]) + fields.length;
    return stamped;
  },
  read: (message, options) =>
    typeof message === "string"
      ? jsonFrames.read(message, options)
      : checkFrame(readMsgpack(message, options?.maxKeys), options?.shapes),
};

/** A frame as bytes, and as JSON where it is made a string: values that JSON does not have are lost then. */
class Packed extends Uint8Array {
  override toString(): string {
    return JSON.stringify(readMsgpack(this), (_, value: unknown) =>
      typeof value === "bigint" ? String(value) : value,
    );
  }
}

/** The first item of an array that carries a set or a map. */
class Mark {
  readonly kind: number;

  constructor(kind: number) {
    this.kind = kind;
  }
}

// All users of msgpackr in this process share the extension, but this module alone has the class.
addExtension({ Class: Mark, type: collection.type, pack: ({ kind }: Mark) => Uint8Array.of(kind) });

const packr = new Packr({
  useRecords: false,
  variableMapSize: true,
  useBigIntExtension: true,
  useToJSON: false, // `portable` has called it
});

const loneSurrogate = /\p{Surrogate}/u;

/** The report of an invalid message, whose texts are cut, maybe within a surrogate pair. Another error is as it was. */
function wellFormed(report: Readonly<Record<string, unknown>>): unknown {
  if (report["code"] !== "INVALID") return report;
  return JSON.parse(
    JSON.stringify(report, (_, value: unknown) =>
      typeof value === "string" ? value.replace(/\p{Surrogate}/gu, "\u{FFFD}") : value,
    ),
  );
}

/**
 * Replaces the values that MessagePack does not have by values that `readMsgpack` understands.
 * @throws TypeError for a value that cannot be sent.
 */
function portable(value: unknown, depth: number): unknown {
  if (typeof value === "string" && loneSurrogate.test(value))
    throw new TypeError("a text with half of a surrogate pair cannot be sent in MessagePack, which is UTF-8");
  if (typeof value === "function" || typeof value === "symbol")
    throw new TypeError(`a ${typeof value} cannot be sent`);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date || value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value))
    throw new TypeError("bytes are sent as a Uint8Array: make one over the buffer");
  if (depth > maxDepth)
    throw new TypeError(`a value nested deeper than ${maxDepth}, or in itself, cannot be sent`);
  const inner = (one: unknown): unknown => portable(one, depth + 1);
  if (Array.isArray(value)) return Array.from(value, inner);
  if (value instanceof Set) return [new Mark(collection.set), ...Array.from(value, inner)];
  if (value instanceof Map) return [new Mark(collection.map), ...Array.from(value).flat().map(inner)];
  if ("toJSON" in value && typeof value.toJSON === "function") return inner(value.toJSON());
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      if (key === "__proto__") throw new TypeError('the key "__proto__" cannot be sent');
      return [inner(key), inner(one)];
    }),
  );
}
