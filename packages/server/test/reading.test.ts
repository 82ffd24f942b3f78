import { CloseCode, jsonFrames } from "@symbolon/protocol";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { Clock } from "../src/clock.ts";
import { memoryStore } from "../src/memory-store.ts";
import { Reading, type SlowPolicy } from "../src/reading.ts";
import { RoomWords } from "../src/room-words.ts";
import type { Keep, RoomLog, RoomPosition } from "../src/store.ts";
import { gate } from "./gate.ts";
import { quiet, TestOutlet } from "./outlets.ts";

const keep: Keep = { messages: 10, seconds: 100 };

let clock: Clock;
let log: RoomLog;
let outlet: TestOutlet;
const words = new RoomWords(jsonFrames);

beforeEach(() => {
  clock = new Clock();
  log = memoryStore().rooms;
  outlet = new TestOutlet();
});

/** Says something in the room; the log has it at once. */
function say(data: unknown, except?: string): void {
  void log.append(
    "log of tea",
    { name: "said", data: words.write("said", data), except, at: clock.now },
    keep,
  );
}

/** A room, and one who reads it from where it is now; `slow` is what becomes of those who are slow. */
function reading(slow: SlowPolicy = "pause", from: RoomLog = log, base?: RoomPosition) {
  const readings = new Set<Reading>();
  from.watch("log of tea", (entry, ep) => {
    for (const one of readings) one.hear(entry, ep);
  });
  const failed = vi.fn();
  const source = { name: "tea", key: "log of tea", log: from, words, slow, clock, readings };
  const start = Promise.resolve(base ?? from.position("log of tea"));
  return { member: new Reading(source, { id: "me", failed }, start), readings, failed, start };
}

describe("a member", () => {
  test("is told where it is, and then what is said", async () => {
    say("before");
    const { member, start } = reading();
    const { ep } = await start;
    member.here(outlet, undefined);
    await quiet();
    say("a");
    say("b");
    expect(outlet.frames).toEqual([
      { t: "room", room: "tea", ep, off: 1 },
      { t: "said", room: "tea", o: 2, p: 1, name: "said", data: "a" },
      { t: "said", room: "tea", o: 3, p: 2, name: "said", data: "b" },
    ]);
  });

  test("that is away costs nothing, and goes on where it says that it is", async () => {
    const { member, readings, start } = reading();
    const { ep } = await start;
    member.here(outlet, undefined);
    await quiet();
    for (const data of ["a", "b"]) say(data);
    member.away();
    expect(readings.size).toBe(0);
    for (const data of ["c", "d"]) say(data);
    const next = new TestOutlet();
    member.here(next, { ep, off: 1 });
    await quiet();
    say("e");
    expect(outlet.heard).toEqual(["a", "b"]);
    expect(next.frames[0]).toEqual({ t: "room", room: "tea", ep, off: 1 });
    expect(next.heard).toEqual(["b", "c", "d", "e"]);
  });

  test("that does not say where it is begins where it joined", async () => {
    say("before");
    const { member } = reading();
    await quiet();
    for (const data of ["a", "b"]) say(data);
    member.here(outlet, undefined);
    await quiet();
    expect(outlet.heard).toEqual(["a", "b"]);
  });

  test("never hears what was said before it joined, wherever it says that it is", async () => {
    say("before");
    const { member, start } = reading();
    const { ep } = await start;
    say("a");
    member.here(outlet, { ep, off: 0 });
    await quiet();
    expect(outlet.heard).toEqual(["a"]);
  });

  test("reads on while more is said than it reads at once", async () => {
    const wide: Keep = { messages: 1_000, seconds: 100 };
    const { member } = reading();
    const all = Array.from({ length: 250 }, (_, n) => n);
    for (const n of all)
      void log.append("log of tea", { name: "said", data: words.write("said", n), at: 0 }, wide);
    member.here(outlet, undefined);
    await quiet();
    expect(outlet.heard).toEqual(all);
  });

  test("skips what is not for it, and the chain stays whole", async () => {
    const { member } = reading();
    member.here(outlet, undefined);
    await quiet();
    say("a");
    say("b", "me");
    say("c", "you");
    expect(outlet.frames.slice(1)).toEqual([
      { t: "said", room: "tea", o: 1, p: 0, name: "said", data: "a" },
      { t: "skip", room: "tea", o: 2, p: 1 },
      { t: "said", room: "tea", o: 3, p: 2, name: "said", data: "c" },
    ]);
  });

  test("that is plain is told events alone", async () => {
    const plain = new TestOutlet({ plain: true });
    const { member } = reading();
    member.here(plain, undefined);
    await quiet();
    say("a");
    say("b", "me");
    expect(plain.frames).toEqual([{ t: "event", name: "said", data: "a" }]);
  });
});

describe("while a member joins, or is back", () => {
  /** A log whose answers take as long as a test wants. */
  function slowLog() {
    let { open, passed } = gate();
    const slow: RoomLog = {
      ...log,
      read: async (...args) => {
        const part = await log.read(...args);
        await passed;
        return part;
      },
    };
    const answer = async (): Promise<void> => {
      const release = open;
      ({ open, passed } = gate());
      release();
      await quiet();
    };
    return { slow, answer };
  }

  test("what is said meanwhile is told once, in order", async () => {
    const { slow, answer } = slowLog();
    const { member } = reading("pause", slow);
    await quiet();
    say("a");
    member.here(outlet, undefined);
    await quiet();
    say("b"); // the answer that is on its way does not have it
    await answer();
    say("c");
    await answer();
    say("d");
    await answer();
    await answer();
    expect(outlet.heard).toEqual(["a", "b", "c", "d"]);
    say("e"); // nothing is read any more
    expect(outlet.heard).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("an answer for a wire that is gone tells nobody", async () => {
    const { slow, answer } = slowLog();
    const { member } = reading("pause", slow);
    say("a");
    member.here(outlet, undefined);
    await quiet();
    const next = new TestOutlet();
    member.here(next, undefined);
    await quiet();
    await answer();
    await answer();
    member.away();
    say("b");
    expect([outlet.frames, next.heard]).toEqual([[], ["a"]]);
  });

  test("a log that fails lets the wire go, and the app is told", async () => {
    const broken: RoomLog = { ...log, read: () => Promise.reject(new Error("no disk")) };
    const { member, failed, readings } = reading("pause", broken);
    member.here(outlet, undefined);
    await quiet();
    expect(failed.mock.calls).toEqual([[new Error("no disk")]]);
    expect(outlet.drops).toMatchObject([{ code: CloseCode.InternalError }]);
    expect(readings.size).toBe(0);
  });
});

describe("a gap", () => {
  test("is told first when the log reaches no further", async () => {
    const { member, start } = reading();
    const { ep } = await start;
    member.here(outlet, undefined);
    await quiet();
    say(0);
    member.away();
    for (let n = 1; n <= 12; n += 1) say(n);
    const next = new TestOutlet();
    member.here(next, { ep, off: 1 });
    await quiet();
    expect(next.frames.slice(0, 3)).toEqual([
      { t: "room", room: "tea", ep, off: 1 },
      { t: "gap", room: "tea", from: 2, to: 3, why: "trimmed" },
      { t: "said", room: "tea", o: 4, p: 3, name: "said", data: 3 },
    ]);
    expect(next.heard.slice(1)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test("is told again when the wire was lost with it", async () => {
    const { member, start } = reading();
    const { ep } = await start;
    await quiet();
    for (let n = 1; n <= 12; n += 1) say(n);
    for (const one of [outlet, new TestOutlet()]) {
      member.here(one, { ep, off: 0 });
      await quiet();
      expect(one.heard[0]).toEqual([1, 2, "trimmed"]);
    }
  });

  test("is told when what was said has grown too old", async () => {
    const { member, start } = reading();
    const { ep } = await start;
    say("a");
    clock.advance(100_000);
    say("b");
    member.here(outlet, { ep, off: 0 });
    await quiet();
    expect(outlet.heard).toEqual([[1, 1, "trimmed"], "b"]);
  });

  test.each([
    ["of another history", { ep: "another", off: 1 }],
    ["beyond its end", undefined],
  ])("reaches to the newest message for a position %s", async (_, position) => {
    say("a");
    say("b");
    const { ep } = await log.position("log of tea");
    const { member } = reading("pause", log, position ?? { ep, off: 3 });
    member.here(outlet, undefined);
    await quiet();
    say("c");
    expect(outlet.frames).toEqual([
      { t: "room", room: "tea", ep, off: 0 },
      { t: "gap", room: "tea", from: 0, to: 2, why: "epoch" },
      { t: "said", room: "tea", o: 3, p: 2, name: "said", data: "c" },
    ]);
  });
});

describe("a member whose wire is full", () => {
  async function slowMember(slow: SlowPolicy) {
    const { member } = reading(slow);
    member.here(outlet, undefined);
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
    const { member } = reading({ conflate: () => "always" });
    for (const data of ["c", "d"]) say(data);
    member.here(next, undefined);
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
