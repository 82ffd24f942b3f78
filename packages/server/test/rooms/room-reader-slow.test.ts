import { CloseCode } from "@symbolon/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import type { SlowPolicy } from "../../src/rooms/room-reader.ts";
import { quiet, TestOutlet } from "./outlets.ts";
import { smallRoom } from "./room-reader-harness.ts";

let { clock, say, reader } = smallRoom();
let outlet = new TestOutlet();

beforeEach(() => {
  ({ clock, say, reader } = smallRoom());
  outlet = new TestOutlet();
});

describe("a member whose wire is full", () => {
  async function slowMember(slow: SlowPolicy) {
    const { member } = reader(slow);
    member.attach(outlet, undefined);
    await quiet();
    say("a");
    outlet.block();
  }

  test("pauses, and is told the rest when there is room", async () => {
    await slowMember("pause");
    for (const data of ["b", "c", "d"]) say(data);
    await quiet();
    expect(outlet.heard).toEqual(["a"]);
    outlet.unblock(2);
    await quiet();
    expect(outlet.heard).toEqual(["a", "b", "c"]);
    say("e");
    outlet.unblock();
    await quiet();
    say("f");
    expect(outlet.heard).toEqual(["a", "b", "c", "d", "e", "f"]);
  });

  test("is told of a gap when it paused for too long", async () => {
    await slowMember("pause");
    for (let n = 2; n <= 14; n += 1) say(n);
    await quiet();
    outlet.unblock();
    await quiet();
    expect(outlet.heard).toEqual(["a", [2, 4, "trimmed"], 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  });

  test("is told only the newest of each key, where messages are conflated", async () => {
    await slowMember({ conflate: (_, data) => (data as { key?: string }).key });
    const values = [
      { key: "x", n: 1 },
      { key: "y", n: 2 },
      { n: 3 },
      { key: "x", n: 4 },
      { n: 5 },
      { key: "x", n: 6 },
    ];
    for (const value of values) say(value);
    await quiet();
    outlet.unblock();
    await quiet();
    expect(outlet.heard).toEqual(["a", "-", values[1], values[2], "-", values[4], values[5]]);
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
    say({ key: "x", n: 7 });
    say({ key: "x", n: 8 });
    expect(outlet.heard.slice(-2)).toEqual([
      { key: "x", n: 7 },
      { key: "x", n: 8 },
    ]);
  });

  test("hears all that it missed while it was away, also where messages are conflated", async () => {
    await slowMember({ conflate: () => "always" });
    say("b");
    const next = new TestOutlet();
    const { member } = reader({ conflate: () => "always" });
    for (const data of ["c", "d"]) say(data);
    member.attach(next, undefined);
    await quiet();
    expect(next.heard).toEqual(["c", "d"]);
  });

  test("is disconnected after 10 s, where it is to be", async () => {
    await slowMember("disconnect");
    say("b");
    await quiet();
    clock.advance(9_999);
    expect(outlet.drops).toEqual([]);
    clock.advance(1);
    expect(outlet.drops).toMatchObject([{ code: CloseCode.SlowConsumer }]);
  });

  test("is not disconnected when it takes more in time", async () => {
    await slowMember("disconnect");
    say("b");
    await quiet();
    clock.advance(9_999);
    outlet.unblock();
    await quiet();
    clock.advance(10_000);
    expect([outlet.drops, outlet.heard]).toEqual([[], ["a", "b"]]);
  });
});
