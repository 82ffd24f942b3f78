import { describe, expect, test } from "vitest";
import { ProtocolError } from "../../src/errors.ts";
import { checkFrameBounds, fromClient } from "../../src/frames/client-frames.ts";
import { jsonFrames } from "../../src/frames/frame-codec.ts";

/** Arrays in each other. */
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
/** An object of so many keys. */
const wide = (keys: number) => `{${Array.from({ length: keys }, () => '"":1').join()}}`;

// S18
describe("the bounds of a client's frame", () => {
  test.each([
    ["64 deep", nested(64)],
    ["64 deep twice", `${nested(64)},${nested(64)}`],
    ["10,000 keys", wide(10_000)],
    ["brackets in a string", JSON.stringify("[{".repeat(100))],
    ["quotes and backslashes before them", JSON.stringify(`\\"${"[".repeat(200)}\\`)],
    ["colons in a string", JSON.stringify(":".repeat(20_000))],
  ])("allow %s", (_, json) => expect(() => checkFrameBounds(json)).not.toThrow());

  test.each([
    ["65 deep", nested(65)],
    ["objects and arrays in each other", '[{"":'.repeat(33) + "1" + "}]".repeat(33)],
    ["brackets that are never closed", "[".repeat(30_000)],
    ["10,001 keys", wide(10_001)],
    ["brackets after a string", `["\\"",${nested(64)}]`],
  ])("refuse %s", (_, json) => expect(() => checkFrameBounds(json)).toThrow(ProtocolError));

  test("are checked before a frame is parsed", () => {
    const frame = `{"t":"event","name":"post","data":${nested(65)}}`;
    expect(() => jsonFrames.read(frame, fromClient)).toThrow("a frame is nested at most 64 deep");
    expect(jsonFrames.read(frame)).toMatchObject({ t: "event" });
  });

  test("do not apply to bytes, which are not a frame in JSON", () => {
    const bytes = new Uint8Array(1_000).fill(91);
    expect(() => jsonFrames.read(bytes, fromClient)).toThrow('a known "t"');
  });
});
