import { expect, test, vi } from "vitest";
import { byteLength } from "../../src/wire/byte-length.ts";

/** Texts at the bound from which on a text is encoded into memory of its own, and on both sides of it. */
const lengths = [0, 1, 2_048, 99_999, 100_000, 100_001];

test.each([
  ["of one byte", "x", 1],
  ["of two bytes", "é", 2],
  ["of three bytes", "€", 3],
  ["that are half of a pair, which become U+FFFD", "\ud800", 3],
])("the size of a text with characters %s is exact", (_kind, character, bytes) => {
  for (const length of lengths) expect(byteLength(character.repeat(length))).toBe(length * bytes);
});

test("a pair of surrogates has four bytes, and a binary message the bytes that it has", () => {
  expect(byteLength("x𝄞".repeat(33_333))).toBe(5 * 33_333);
  expect(byteLength(new Uint8Array(7))).toBe(7);
});

test("a text of up to 100,000 characters is measured without memory of its own", () => {
  const encode = vi.spyOn(TextEncoder.prototype, "encode");
  byteLength("€".repeat(100_000));
  expect(encode).not.toHaveBeenCalled();
  byteLength("€".repeat(100_001));
  expect(encode).toHaveBeenCalledTimes(1);
  encode.mockRestore();
});
