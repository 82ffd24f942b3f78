import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ProtocolError, ValidationError } from "../../src/errors.ts";
import { StreamReader } from "../../src/peer/stream-reader.ts";
import { itemWindow, sizeWindow } from "../../src/peer/stream-writer.ts";
import { heldCall } from "./calls-harness.ts";
import { settled } from "../session/outlet.ts";

function reading(schema: z.ZodType = z.unknown()) {
  const { call, written } = heldCall();
  const intake = new StreamReader(call, schema);
  return { intake, written, items: intake.read() };
}

/** Reads so many items. */
async function take(items: AsyncGenerator, count: number): Promise<unknown[]> {
  const taken: unknown[] = [];
  while (taken.length < count) taken.push((await items.next()).value);
  return taken;
}

const tooMuch = expect.objectContaining({ name: "ProtocolError", closeCode: 4429 });
const failure = (action: () => void): unknown => {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe("an intake", () => {
  test("gives what came in order, as its schema makes it, then ends", async () => {
    const { intake, items } = reading(z.coerce.number());
    intake.push("1", 1);
    intake.push("2", 1);
    intake.end();
    expect(await take(items, 3)).toEqual([1, 2, undefined]);
  });

  test("runs an asynchronous schema", async () => {
    const { intake, items } = reading(z.string().transform(async (value) => value.length));
    intake.push("abc", 5);
    expect(await take(items, 1)).toEqual([3]);
  });

  test("throws for what its schema refuses", async () => {
    const { intake, items } = reading(z.number());
    intake.push("x", 1);
    await expect(items.next()).rejects.toBeInstanceOf(ValidationError);
  });

  test("that fails gives what came before, then throws", async () => {
    const { intake, items } = reading();
    intake.push(1, 1);
    intake.end(new Error("lost"));
    expect(await take(items, 1)).toEqual([1]);
    await expect(items.next()).rejects.toThrow("lost");
  });

  test("that nobody reads takes 16 items and no more", () => {
    const { intake, written } = reading();
    for (let n = 1; n <= itemWindow; n += 1) intake.push(n, 1);
    expect(failure(() => intake.push(17, 1))).toEqual(tooMuch);
    expect(written).toEqual([]);
  });

  test("that nobody reads takes the item that reaches 256 Ki characters, and no more", () => {
    const { intake } = reading();
    intake.push("", sizeWindow - 1);
    intake.push("", 65_536);
    expect(failure(() => intake.push("", 1))).toBeInstanceOf(ProtocolError);
  });

  test("grants when half of what was granted is read, by items", async () => {
    const { intake, written, items } = reading();
    for (let n = 1; n <= 16; n += 1) intake.push(n, 1);
    await take(items, 7);
    expect(written).toEqual([]);
    await take(items, 1);
    expect(written).toEqual([`{"t":"credit","n":24,"b":${sizeWindow + 8}}`]);
    for (let n = 17; n <= 24; n += 1) intake.push(n, 1);
    expect(failure(() => intake.push(25, 1))).toEqual(tooMuch);
  });

  test("grants when half of what was granted is read, by size", async () => {
    const { intake, written, items } = reading();
    intake.push("", sizeWindow / 2 - 1);
    intake.push("", 1);
    await take(items, 1);
    expect(written).toEqual([]);
    await take(items, 1);
    expect(written).toEqual([`{"t":"credit","n":18,"b":${sizeWindow * 1.5}}`]);
  });

  test("grants what one item beyond the window took", async () => {
    const { intake, written, items } = reading();
    intake.push("", sizeWindow + 100);
    await take(items, 1);
    expect(written).toEqual([`{"t":"credit","n":17,"b":${2 * sizeWindow + 100}}`]);
  });

  test("that is dropped says whether more would have come, and keeps nothing", async () => {
    const { intake, items } = reading();
    expect(intake.drop()).toBe(true);
    intake.push(1, 1);
    await settled();
    expect(await items.next()).toEqual({ done: true, value: undefined });
    expect(intake.drop()).toBe(false);
    const ended = reading().intake;
    ended.end();
    expect(ended.drop()).toBe(false);
  });
});
