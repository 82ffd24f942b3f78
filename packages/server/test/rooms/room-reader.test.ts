import { CloseCode } from "@symbolon/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import type { RoomLog } from "../../src/store/store.ts";
import { gate } from "../gate.ts";
import { quiet, TestOutlet } from "./outlets.ts";
import { smallRoom } from "./room-reader-harness.ts";

let { clock, log, say, reader } = smallRoom();
let outlet = new TestOutlet();

beforeEach(() => {
  ({ clock, log, say, reader } = smallRoom());
  outlet = new TestOutlet();
});

describe("a member", () => {
  test("is told where it is, and then what is said", async () => {
    say("before");
    const { member, start } = reader();
    const { epoch: ep } = await start;
    member.attach(outlet, undefined);
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
    const { member, readings, start } = reader();
    const { epoch: ep } = await start;
    member.attach(outlet, undefined);
    await quiet();
    for (const data of ["a", "b"]) say(data);
    member.detach();
    expect(readings.size).toBe(0);
    for (const data of ["c", "d"]) say(data);
    const next = new TestOutlet();
    member.attach(next, { epoch: ep, offset: 1 });
    await quiet();
    say("e");
    expect(outlet.heard).toEqual(["a", "b"]);
    expect(next.frames[0]).toEqual({ t: "room", room: "tea", ep, off: 1 });
    expect(next.heard).toEqual(["b", "c", "d", "e"]);
  });

  test("that does not say where it is begins where it joined", async () => {
    say("before");
    const { member } = reader();
    await quiet();
    for (const data of ["a", "b"]) say(data);
    member.attach(outlet, undefined);
    await quiet();
    expect(outlet.heard).toEqual(["a", "b"]);
  });

  test("never hears what was said before it joined, wherever it says that it is", async () => {
    say("before");
    const { member, start } = reader();
    const { epoch: ep } = await start;
    say("a");
    member.attach(outlet, { epoch: ep, offset: 0 });
    await quiet();
    expect(outlet.heard).toEqual(["a"]);
  });

  test("reads on while more is said than it reads at once", async () => {
    const keep = { messages: 1_000, ms: 100_000 };
    const { member } = reader();
    const all = Array.from({ length: 250 }, (_, n) => n);
    for (const n of all) say(n, { keep });
    member.attach(outlet, undefined);
    await quiet();
    expect(outlet.heard).toEqual(all);
  });

  test("skips what is not for it, and the chain stays whole", async () => {
    const { member } = reader();
    member.attach(outlet, undefined);
    await quiet();
    say("a");
    say("b", { except: "me" });
    say("c", { except: "you" });
    expect(outlet.frames.slice(1)).toEqual([
      { t: "said", room: "tea", o: 1, p: 0, name: "said", data: "a" },
      { t: "skip", room: "tea", o: 2, p: 1 },
      { t: "said", room: "tea", o: 3, p: 2, name: "said", data: "c" },
    ]);
  });

  test("that is plain is told events alone", async () => {
    const plain = new TestOutlet({ plain: true });
    const { member } = reader();
    member.attach(plain, undefined);
    await quiet();
    say("a");
    say("b", { except: "me" });
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
    const { member } = reader("pause", slow);
    await quiet();
    say("a");
    member.attach(outlet, undefined);
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
    const { member } = reader("pause", slow);
    say("a");
    member.attach(outlet, undefined);
    await quiet();
    const next = new TestOutlet();
    member.attach(next, undefined);
    await quiet();
    await answer();
    await answer();
    member.detach();
    say("b");
    expect([outlet.frames, next.heard]).toEqual([[], ["a"]]);
  });

  test("a log that fails lets the wire go, and the app is told", async () => {
    const broken: RoomLog = { ...log, read: () => Promise.reject(new Error("no disk")) };
    const { member, failed, readings } = reader("pause", broken);
    member.attach(outlet, undefined);
    await quiet();
    expect(failed.mock.calls).toEqual([[new Error("no disk")]]);
    expect(outlet.drops).toMatchObject([{ code: CloseCode.InternalError }]);
    expect(readings.size).toBe(0);
  });
});

describe("a gap", () => {
  test("is told first when the log reaches no further", async () => {
    const { member, start } = reader();
    const { epoch: ep } = await start;
    member.attach(outlet, undefined);
    await quiet();
    say(0);
    member.detach();
    for (let n = 1; n <= 12; n += 1) say(n);
    const next = new TestOutlet();
    member.attach(next, { epoch: ep, offset: 1 });
    await quiet();
    expect(next.frames.slice(0, 3)).toEqual([
      { t: "room", room: "tea", ep, off: 1 },
      { t: "gap", room: "tea", from: 2, to: 3, why: "trimmed" },
      { t: "said", room: "tea", o: 4, p: 3, name: "said", data: 3 },
    ]);
    expect(next.heard.slice(1)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test("is told again when the wire was lost with it", async () => {
    const { member, start } = reader();
    const { epoch: ep } = await start;
    await quiet();
    for (let n = 1; n <= 12; n += 1) say(n);
    for (const one of [outlet, new TestOutlet()]) {
      member.attach(one, { epoch: ep, offset: 0 });
      await quiet();
      expect(one.heard[0]).toEqual([1, 2, "trimmed"]);
    }
  });

  test("is told when what was said has grown too old", async () => {
    const { member, start } = reader();
    const { epoch: ep } = await start;
    say("a");
    clock.advance(100_000);
    say("b");
    member.attach(outlet, { epoch: ep, offset: 0 });
    await quiet();
    expect(outlet.heard).toEqual([[1, 1, "trimmed"], "b"]);
  });

  test.each([
    ["of another history", { epoch: "another", offset: 1 }],
    ["beyond its end", undefined],
  ])("reaches to the newest message for a position %s", async (_, position) => {
    say("a");
    say("b");
    const { epoch: ep } = await log.position("log of tea");
    const { member } = reader("pause", log, position ?? { epoch: ep, offset: 3 });
    member.attach(outlet, undefined);
    await quiet();
    say("c");
    expect(outlet.frames).toEqual([
      // In this order: if the wire breaks between them, the client must not take the new history for one that it knows.
      { t: "gap", room: "tea", from: 0, to: 2, why: "epoch" },
      { t: "room", room: "tea", ep, off: 2 },
      { t: "said", room: "tea", o: 3, p: 2, name: "said", data: "c" },
    ]);
  });
});
