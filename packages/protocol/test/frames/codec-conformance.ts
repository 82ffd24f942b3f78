import { fromClient } from "../../src/frames/client-frames.ts";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ProtocolError } from "../../src/errors.ts";
import { type FrameCodec, jsonFrames } from "../../src/frames/frame-codec.ts";
import type { Frame, Stamp } from "../../src/frames/frame.ts";

const welcome: Frame = {
  t: "welcome",
  state: "new",
  sid: "s",
  rt: "r",
  ep: "e",
  rx: 0,
  w: 64,
  wb: 2 ** 20,
  heartbeat: { i: 25_000, t: 10_000 },
  ttl: 0,
};

/** Frames of each kind, with all of their fields and with the fewest. */
export const sampleFrames: readonly Frame[] = [
  {
    t: "hello",
    v: 1,
    cid: "c",
    key: "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
    att: 1,
    w: 256,
    wb: 2 ** 20,
  },
  {
    t: "hello",
    v: 1,
    cid: "c",
    key: "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
    att: 2,
    auth: "",
    w: 1,
    wb: 1,
    resume: { sid: "s", rt: "r", ep: "e", rx: 0, tx0: 1 },
  },
  welcome,
  { ...welcome, state: "reset", why: "unknown", rx: 7, but: [3, 5] },
  { t: "ack", a: 1 },
  { t: "ack", a: Number.MAX_SAFE_INTEGER, but: [1, 7] },
  { t: "event", name: "post" },
  { t: "event", name: "constructor", data: null, q: 1 },
  { t: "request", q: 1, name: "join", data: {}, deadline: 2 ** 40 },
  { t: "stream", q: 2, name: "feed", data: [] },
  { t: "reply", re: 1, data: false },
  { t: "next", q: 2, data: 0 },
  { t: "next", re: 2, data: "" },
  { t: "end", re: 2 },
  { t: "credit", re: 2, n: 16, b: Number.MAX_SAFE_INTEGER },
  { t: "cancel", q: 2 },
  { t: "error", code: "BAD_FRAME", message: "" },
  { t: "error", re: 1, code: "NO", message: "no", data: [{ path: ["a", 0] }] },
  { t: "ping", n: 1 },
  { t: "pong", n: Number.MAX_SAFE_INTEGER },
  { t: "bye" },
  { t: "bye", why: "done" },
];

/** The frames that no session numbers. */
const connectionFrames = new Set(["hello", "welcome", "ack", "ping", "pong", "bye"]);

/** Values that are not frames, in any codec. */
const invalidFrames: readonly (readonly [value: object, reason: string])[] = [
  [{}, "a frame is"],
  [{ t: "constructor" }, "a frame is"],
  [{ t: ["ping"], n: 1 }, "a frame is"],
  [{ t: "bye", x: 1 }, 'unknown field "x"'],
  [{ t: "bye", constructor: 1 }, 'unknown field "constructor"'],
  [{ t: "ping", n: 0 }, 'missing or wrong field "n"'],
  [{ t: "ping", n: 1.5 }, 'missing or wrong field "n"'],
  [{ t: "event", name: "" }, 'missing or wrong field "name"'],
  [{ t: "event", name: "n".repeat(129) }, 'missing or wrong field "name"'],
  [{ ...welcome, heartbeat: null }, 'missing or wrong field "heartbeat"'],
  [{ t: "reauth", by: 1, s: 1 }, 'unknown field "s"'],
  [{ t: "goaway", at: 1, s: 1 }, 'unknown field "s"'],
  [{ t: "room", room: "r", a: 1 }, 'unknown field "a"'],
  [{ t: "said", room: "r", o: 1, p: 0, name: "n", s: 1 }, 'unknown field "s"'],
  [{ t: "skip", room: "r", o: 1, p: 0, s: 1 }, 'unknown field "s"'],
  [{ t: "gap", from: 0, to: 1, why: "trimmed", s: 1 }, 'unknown field "s"'],
];

/** Values of JSON, as JSON returns them; some codecs refuse the key `__proto__`. */
const json = fc
  .jsonValue()
  .map((value) => JSON.stringify(value))
  .filter((text) => !text.includes("__proto__"))
  .map((text): unknown => JSON.parse(text));

/** Tests what every codec of frames does: it carries the values that JSON carries, as JSON does, and refuses what JSON refuses. */
export function frameCodecConformance(codec: FrameCodec): void {
  const roundTrip = (data: unknown): unknown => {
    const frame = codec.read(codec.write({ t: "event", name: "post", data }));
    return frame.t === "event" && frame.data;
  };

  describe(`frames in ${codec.protocol}`, () => {
    test.each(sampleFrames)("%j is read as it was written", (frame) => {
      expect(codec.read(codec.write(frame), fromClient)).toEqual(frame);
    });

    test("leaves out a field that is undefined", () => {
      const frame = codec.read(codec.write({ t: "event", name: "post", data: undefined, q: undefined }));
      expect(Object.keys(frame)).toEqual(["t", "name"]);
    });

    test.each(sampleFrames.filter(({ t }) => connectionFrames.has(t)))(
      "%j is of the connection, and is refused with a stamp",
      (frame) => {
        const stamped = (stamp: Stamp) => (): Frame =>
          codec.read(codec.stamp(codec.write(frame), stamp), fromClient);
        expect(stamped({ s: 7 })).toThrow(new ProtocolError('unknown field "s"'));
        expect(stamped({ s: 7, a: 7 })).toThrow(ProtocolError);
      },
    );

    test.each(sampleFrames.filter(({ t }) => !connectionFrames.has(t)))(
      "%j takes a stamp, as fields of its own",
      (frame) => {
        const stamped = (stamp: Stamp): Frame =>
          codec.read(codec.stamp(codec.write(frame), stamp), fromClient);
        expect(stamped({ s: 7 })).toEqual({ ...frame, s: 7 });
        expect(stamped({ s: 7, a: 5 })).toEqual({ ...frame, s: 7, a: 5 });
        const highest = Number.MAX_SAFE_INTEGER;
        expect(stamped({ s: highest, a: undefined })).toEqual({ ...frame, s: highest });
        expect(stamped({ s: undefined, a: undefined })).toEqual(frame);
      },
    );

    test("a stamp has 64 bytes at most, and does not change the frame that was written", () => {
      const written = codec.write({ t: "event", name: "post", data: "x" });
      const before = written.slice();
      const highest = Number.MAX_SAFE_INTEGER;
      const stamped = codec.stamp(written, { s: highest, a: highest });
      expect(stamped.length - written.length).toBeLessThanOrEqual(64);
      expect(written).toEqual(before);
      expect(codec.stamp(written, { s: 1 })).toEqual(codec.stamp(written, { s: 1 }));
    });

    test("a stamp can be added to a frame that was written in another codec", () => {
      const frame: Frame = { t: "event", name: "post", data: ["x", 1] };
      const numbers = { s: 3, a: 2 };
      const text = jsonFrames.stamp(codec.write(frame), numbers);
      expect(JSON.parse(String(text))).toEqual({ ...frame, ...numbers });
      const late = codec.stamp(jsonFrames.write(frame), numbers);
      expect(codec.read(late)).toEqual({ ...frame, ...numbers });
    });

    test("reads JSON in a text message", () => {
      expect(codec.read('{"t":"ping","n":1}')).toEqual({ t: "ping", n: 1 });
    });

    test.each(invalidFrames)("%j is not a frame", (value, why) => {
      // The codec writes any value: the compiler alone checks that it is a frame.
      const message = codec.write(value as Frame);
      const refused = expect.objectContaining({ code: "BAD_FRAME", closeCode: 4400 });
      expect(() => codec.read(message)).toThrow(refused);
      expect(() => codec.read(message)).toThrow(why);
    });

    test("a frame that it wrote is JSON as a string", () => {
      for (const frame of sampleFrames) expect(JSON.parse(String(codec.write(frame)))).toEqual(frame);
    });

    test("carries the values that JSON carries, as JSON does", () => {
      const property = fc.property(json, (data) => {
        expect(roundTrip(data)).toEqual(data);
      });
      expect(() => fc.assert(property, { numRuns: 1_000 })).not.toThrow();
    });

    test("calls toJSON of an object", () => {
      expect(roundTrip({ at: new URL("https://a.example/"), own: { toJSON: () => [1] } })).toEqual({
        at: "https://a.example/",
        own: [1],
      });
    });

    test("a written frame does not change with its data", () => {
      const data = { list: [1], bytes: Uint8Array.of(1) };
      const message = codec.write({ t: "event", name: "post", data });
      const before = JSON.stringify(codec.read(message));
      data.list.push(2);
      data.bytes[0] = 2;
      codec.write({ t: "event", name: "post", data });
      expect(JSON.stringify(codec.read(message))).toBe(before);
    });

    test("throws for data that contains itself", () => {
      const data: unknown[] = [];
      data.push(data);
      expect(() => roundTrip(data)).toThrow(TypeError);
    });

    test("reads a frame or throws ProtocolError, whatever arrives", () => {
      const written = fc.constantFrom(...sampleFrames).map((frame) => codec.write(frame));
      const broken = fc.tuple(written, fc.nat(), fc.nat(255)).map(([message, at, byte]) => {
        const bytes = typeof message === "string" ? new TextEncoder().encode(message) : message.slice();
        bytes[at % bytes.length] = byte;
        return bytes;
      });
      const messages = fc.oneof(fc.string(), fc.json(), fc.uint8Array({ maxLength: 64 }), broken);
      const property = fc.property(messages, (message) => {
        try {
          return typeof codec.read(message).t === "string";
        } catch (error) {
          return error instanceof ProtocolError;
        }
      });
      expect(() => fc.assert(property, { numRuns: 5_000 })).not.toThrow();
    });
  });
}
