import { CloseCode } from "@symbolon/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import type { SlowPolicy } from "../../src/rooms/slow-policy.ts";
import { flushPromises } from "../flush-promises.ts";
import { TestOutlet } from "./test-outlet.ts";
import { createTestRoom } from "./test-room.ts";

let { clock, send, createReader } = createTestRoom();
let outlet = new TestOutlet();

beforeEach(() => {
  ({ clock, send, createReader } = createTestRoom());
  outlet = new TestOutlet();
});

test("a member that was disconnected receives only the newest message of each key when the room conflates", async () => {
  const { reader, start } = createReader({ conflate: (_, data) => (data as { key?: string }).key });
  const { epoch } = await start;
  for (const value of [{ key: "x", n: 1 }, { n: 2 }, { key: "x", n: 3 }]) send(value);
  reader.attach(outlet, { epoch, offset: 0 });
  await flushPromises();
  send({ key: "x", n: 4 });
  send({ key: "x", n: 5 });
  expect(outlet.summary).toEqual(["-", { n: 2 }, { key: "x", n: 3 }, { key: "x", n: 4 }, { key: "x", n: 5 }]);
});

describe("a member whose connection is full", () => {
  async function fillOutlet(slow: SlowPolicy) {
    const { reader } = createReader(slow);
    reader.attach(outlet, undefined);
    await flushPromises();
    send("a");
    outlet.fill();
  }

  test("pauses, and receives the rest when the connection takes it", async () => {
    await fillOutlet("pause");
    for (const data of ["b", "c", "d"]) send(data);
    await flushPromises();
    expect(outlet.summary).toEqual(["a"]);
    outlet.drain(2);
    await flushPromises();
    expect(outlet.summary).toEqual(["a", "b", "c"]);
    send("e");
    outlet.drain();
    await flushPromises();
    send("f");
    expect(outlet.summary).toEqual(["a", "b", "c", "d", "e", "f"]);
  });

  test("receives a gap when it has paused for too long", async () => {
    await fillOutlet("pause");
    for (let n = 2; n <= 14; n += 1) send(n);
    await flushPromises();
    outlet.drain();
    await flushPromises();
    expect(outlet.summary).toEqual(["a", [2, 4, "trimmed"], 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  });

  test("receives only the newest message of each key when the room conflates", async () => {
    await fillOutlet({ conflate: (_, data) => (data as { key?: string }).key });
    const values = [
      { key: "x", n: 1 },
      { key: "y", n: 2 },
      { n: 3 },
      { key: "x", n: 4 },
      { n: 5 },
      { key: "x", n: 6 },
    ];
    for (const value of values) send(value);
    await flushPromises();
    outlet.drain();
    await flushPromises();
    expect(outlet.summary).toEqual(["a", "-", values[1], values[2], "-", values[4], values[5]]);
    const chain = outlet.frames.slice(1) as { o: number; p: number }[];
    expect(chain.map(({ o, p }) => [p, o])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 5],
      [5, 6],
      [6, 7],
    ]);
    send({ key: "x", n: 7 });
    send({ key: "x", n: 8 });
    expect(outlet.summary.slice(-2)).toEqual([
      { key: "x", n: 7 },
      { key: "x", n: 8 },
    ]);
  });

  test("receives all that it missed while it was disconnected, also when the room conflates", async () => {
    await fillOutlet({ conflate: () => "always" });
    send("b");
    const next = new TestOutlet();
    const { reader } = createReader({ conflate: () => "always" });
    for (const data of ["c", "d"]) send(data);
    reader.attach(next, undefined);
    await flushPromises();
    expect(next.summary).toEqual(["c", "d"]);
  });

  test("is disconnected after 10 s when the room disconnects slow members", async () => {
    await fillOutlet("disconnect");
    send("b");
    await flushPromises();
    clock.advance(9_999);
    expect(outlet.drops).toEqual([]);
    clock.advance(1);
    expect(outlet.drops).toMatchObject([{ code: CloseCode.SlowConsumer }]);
  });

  test("stays connected when its connection drains in time", async () => {
    await fillOutlet("disconnect");
    send("b");
    await flushPromises();
    clock.advance(9_999);
    outlet.drain();
    await flushPromises();
    clock.advance(10_000);
    expect([outlet.drops, outlet.summary]).toEqual([[], ["a", "b"]]);
  });
});
