import type { Message } from "@symbolon/protocol";
import { expect, test } from "vitest";
import { encodeFrame as encode } from "../../src/node/frame-writer.ts";
import { opcodes, parseFrame } from "./raw-client.ts";

/** The bytes of a frame. */
function encodeFrame(message: Message): Buffer {
  const frame = encode(message);
  return typeof frame === "string" ? Buffer.from(frame, "latin1") : frame;
}

test.each([0, 1, 125, 126, 127, 65_535, 65_536, 70_000])(
  "a text of %i bytes is one whole, unmasked frame with the shortest length",
  (length) => {
    const frame = encodeFrame("x".repeat(length));
    const parsed = parseFrame(frame);
    expect(parsed).toMatchObject({
      fin: true,
      rsv: 0,
      opcode: opcodes.text,
      masked: false,
      size: frame.length,
    });
    expect(parsed?.payload.equals(Buffer.alloc(length, "x"))).toBe(true);
    expect(frame.length - length).toBe(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  },
);

test.each([0, 125, 126, 65_535, 65_536])("%i bytes are one binary frame", (length) => {
  const bytes = Uint8Array.from({ length }, (_, at) => at % 251);
  const frame = parseFrame(encodeFrame(bytes));
  expect(frame).toMatchObject({ fin: true, rsv: 0, opcode: opcodes.binary, masked: false });
  expect(frame?.payload.equals(bytes)).toBe(true);
});

test("the length of a text is counted in UTF-8 bytes, not in characters", () => {
  const text = "é🙂".repeat(21);
  expect(text).toHaveLength(63);
  expect(parseFrame(encodeFrame(text))?.payload.toString()).toBe(text);
  expect(encodeFrame(text)[1]).toBe(126);
});

test("a lone surrogate is sent as a replacement character, since a frame must be UTF-8", () => {
  expect(parseFrame(encodeFrame("a\ud800b"))?.payload.toString()).toBe("a\ufffdb");
});

test("bytes are copied when they are sent: a later change does not change the frame", () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const frame = encodeFrame(bytes);
  bytes.fill(0);
  expect([...(parseFrame(frame)?.payload ?? [])]).toEqual([1, 2, 3]);
  expect([...(parseFrame(encodeFrame(bytes))?.payload ?? [])]).toEqual([0, 0, 0]);
});

test("bytes that are part of a larger buffer are sent alone", () => {
  const part = new Uint8Array([9, 1, 2, 9]).subarray(1, 3);
  expect([...(parseFrame(encodeFrame(part))?.payload ?? [])]).toEqual([1, 2]);
});

test("a text and the bytes of the same text are different frames", () => {
  expect(encodeFrame("same")[0]).toBe(0x81);
  expect(encodeFrame(Buffer.from("same"))[0]).toBe(0x82);
  expect(encodeFrame("same")[0]).toBe(0x81);
});
