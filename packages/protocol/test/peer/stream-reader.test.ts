import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ProtocolError, ValidationError } from "../../src/errors.ts";
import { StreamReader } from "../../src/peer/stream-reader.ts";
import { itemWindow, byteWindow } from "../../src/peer/stream-writer.ts";
import { recordedChannel } from "./calls-harness.ts";
import { settled } from "../session/session-harness.ts";

/** A reader, the frames that it has sent, and its items. */
function startReading(schema: z.ZodType = z.unknown()) {
  const { channel, written } = recordedChannel();
  const reader = new StreamReader(channel, schema);
  return { reader, written, items: reader.read() };
}

/** Reads so many items. */
async function take(items: AsyncGenerator, count: number): Promise<unknown[]> {
  const taken: unknown[] = [];
  while (taken.length < count) taken.push((await items.next()).value);
  return taken;
}

const refused = expect.objectContaining({ name: "ProtocolError", closeCode: 4429 });
const failure = (action: () => void): unknown => {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe("a reader", () => {
  test("returns the items in order, as its schema returns them, then ends", async () => {
    const { reader, items } = startReading(z.coerce.number());
    reader.push("1", 1);
    reader.push("2", 1);
    reader.end();
    expect(await take(items, 3)).toEqual([1, 2, undefined]);
  });

  test("runs an asynchronous schema", async () => {
    const { reader, items } = startReading(z.string().transform(async (value) => value.length));
    reader.push("abc", 5);
    expect(await take(items, 1)).toEqual([3]);
  });

  test("throws for an item that its schema rejects", async () => {
    const { reader, items } = startReading(z.number());
    reader.push("x", 1);
    await expect(items.next()).rejects.toBeInstanceOf(ValidationError);
  });

  test("that fails returns the items before, then throws", async () => {
    const { reader, items } = startReading();
    reader.push(1, 1);
    reader.end(new Error("lost"));
    expect(await take(items, 1)).toEqual([1]);
    await expect(items.next()).rejects.toThrow("lost");
  });

  test("from which no item is read takes 16 items", () => {
    const { reader, written } = startReading();
    for (let n = 1; n <= itemWindow; n += 1) reader.push(n, 1);
    expect(failure(() => reader.push(17, 1))).toEqual(refused);
    expect(written).toEqual([]);
  });

  test("from which no item is read takes the item that reaches 256 KiB, and no other", () => {
    const { reader } = startReading();
    reader.push("", byteWindow - 1);
    reader.push("", 65_536);
    expect(failure(() => reader.push("", 1))).toBeInstanceOf(ProtocolError);
  });

  test("grants more when half of the granted credit is used, by items", async () => {
    const { reader, written, items } = startReading();
    for (let n = 1; n <= 16; n += 1) reader.push(n, 1);
    await take(items, 7);
    expect(written).toEqual([]);
    await take(items, 1);
    expect(written).toEqual([`{"t":"credit","n":24,"b":${byteWindow + 8}}`]);
    for (let n = 17; n <= 24; n += 1) reader.push(n, 1);
    expect(failure(() => reader.push(25, 1))).toEqual(refused);
  });

  test("grants more when half of the granted credit is used, by bytes", async () => {
    const { reader, written, items } = startReading();
    reader.push("", byteWindow / 2 - 1);
    reader.push("", 1);
    await take(items, 1);
    expect(written).toEqual([]);
    await take(items, 1);
    expect(written).toEqual([`{"t":"credit","n":18,"b":${byteWindow * 1.5}}`]);
  });

  test("grants the bytes by which an item has exceeded the window", async () => {
    const { reader, written, items } = startReading();
    reader.push("", byteWindow + 100);
    await take(items, 1);
    expect(written).toEqual([`{"t":"credit","n":17,"b":${2 * byteWindow + 100}}`]);
  });

  test("that is dropped returns whether more items would have arrived, and keeps none", async () => {
    const { reader, items } = startReading();
    expect(reader.drop()).toBe(true);
    reader.push(1, 1);
    await settled();
    expect(await items.next()).toEqual({ done: true, value: undefined });
    expect(reader.drop()).toBe(false);
    const ended = startReading().reader;
    ended.end();
    expect(ended.drop()).toBe(false);
  });
});
