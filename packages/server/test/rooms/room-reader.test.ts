import { CloseCode } from "@symbolon/protocol";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { RoomLog } from "../../src/store/room-log.ts";
import { flushPromises } from "../flush-promises.ts";
import { gate } from "../gate.ts";
import { TestOutlet } from "./test-outlet.ts";
import { createTestRoom } from "./test-room.ts";

let { clock, log, send, createReader, proven, position } = createTestRoom();
let outlet = new TestOutlet();

beforeEach(() => {
  ({ clock, log, send, createReader, proven, position } = createTestRoom());
  outlet = new TestOutlet();
});

describe("a member", () => {
  test("receives its position, and then each message", async () => {
    send("before");
    const { reader, start } = createReader();
    const { epoch: ep } = await start;
    reader.attach(outlet, undefined);
    await flushPromises();
    send("a");
    send("b");
    expect(outlet.frames).toEqual([
      { t: "room", room: "tea", ep, off: 1, ...proven(ep, 1) },
      { t: "said", room: "tea", o: 2, p: 1, name: "posted", data: "a" },
      { t: "said", room: "tea", o: 3, p: 2, name: "posted", data: "b" },
    ]);
  });

  test("that is disconnected costs nothing, and resumes at the position that it sends", async () => {
    const { reader, start } = createReader();
    const { epoch: ep } = await start;
    reader.attach(outlet, undefined);
    await flushPromises();
    for (const data of ["a", "b"]) send(data);
    reader.detach();
    const receive = vi.spyOn(reader, "receive");
    for (const data of ["c", "d"]) send(data);
    expect(receive).not.toHaveBeenCalled();
    const next = new TestOutlet();
    reader.attach(next, { epoch: ep, offset: 1 });
    await flushPromises();
    send("e");
    expect(outlet.summary).toEqual(["a", "b"]);
    expect(next.frames[0]).toEqual({ t: "room", room: "tea", ep, off: 1, ...proven(ep, 0) });
    expect(next.summary).toEqual(["b", "c", "d", "e"]);
  });

  test("that sends no position begins where it joined", async () => {
    send("before");
    const { reader } = createReader();
    await flushPromises();
    for (const data of ["a", "b"]) send(data);
    reader.attach(outlet, undefined);
    await flushPromises();
    expect(outlet.summary).toEqual(["a", "b"]);
  });

  test("never receives messages from before it joined, whatever position it sends: it gets a gap first", async () => {
    send("before");
    const { reader, start } = createReader();
    const { epoch } = await start;
    send("a");
    reader.attach(outlet, { epoch, offset: 0 });
    await flushPromises();
    expect(outlet.summary).toEqual([[1, 1, "trimmed"], "a"]);
    expect(outlet.frames[1]).toEqual({ t: "room", room: "tea", ep: epoch, off: 1, ...proven(epoch, 1) });
  });

  test("receives all messages when there are more than are read at once", async () => {
    const keep = { messages: 1_000, ms: 100_000 };
    const { reader } = createReader();
    const all = Array.from({ length: 250 }, (_, n) => n);
    for (const n of all) send(n, { keep });
    reader.attach(outlet, undefined);
    await flushPromises();
    expect(outlet.summary).toEqual(all);
  });

  test("skips messages that are not for it, and the chain of offsets has no hole", async () => {
    const { reader } = createReader();
    reader.attach(outlet, undefined);
    await flushPromises();
    send("a");
    send("b", { except: "me" });
    send("c", { except: "you" });
    expect(outlet.frames.slice(1)).toEqual([
      { t: "said", room: "tea", o: 1, p: 0, name: "posted", data: "a" },
      { t: "skip", room: "tea", o: 2, p: 1 },
      { t: "said", room: "tea", o: 3, p: 2, name: "posted", data: "c" },
    ]);
  });

  test("that is plain receives events alone", async () => {
    const plain = new TestOutlet({ plain: true });
    const { reader } = createReader();
    reader.attach(plain, undefined);
    await flushPromises();
    send("a");
    send("b", { except: "me" });
    expect(plain.frames).toEqual([{ t: "event", name: "posted", data: "a" }]);
  });
});

describe("while a member joins or reconnects", () => {
  /** A log that answers a read when a test wants it to. */
  function createSlowLog() {
    let { open, passed } = gate();
    const slowLog: RoomLog = {
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
      await flushPromises();
    };
    return { slowLog, answer };
  }

  test("it receives each message once, in order", async () => {
    const { slowLog, answer } = createSlowLog();
    const { reader } = createReader("pause", slowLog);
    await flushPromises();
    send("a");
    reader.attach(outlet, undefined);
    await flushPromises();
    send("b"); // the answer that is under way does not have it
    await answer();
    send("c");
    await answer();
    send("d");
    await answer();
    await answer();
    expect(outlet.summary).toEqual(["a", "b", "c", "d"]);
    send("e"); // the log is not read any more
    expect(outlet.summary).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("the answer to a read for a lost connection is dropped", async () => {
    const { slowLog, answer } = createSlowLog();
    const { reader } = createReader("pause", slowLog);
    send("a");
    reader.attach(outlet, undefined);
    await flushPromises();
    const next = new TestOutlet();
    reader.attach(next, undefined);
    await flushPromises();
    await answer();
    await answer();
    reader.detach();
    send("b");
    expect([outlet.frames, next.summary]).toEqual([[], ["a"]]);
  });

  test("a log that fails closes the connection, and the error is reported", async () => {
    const brokenLog: RoomLog = { ...log, read: () => Promise.reject(new Error("no disk")) };
    const { reader, onError } = createReader("pause", brokenLog);
    reader.attach(outlet, undefined);
    await flushPromises();
    expect(onError.mock.calls).toEqual([[new Error("no disk")]]);
    expect(outlet.drops).toMatchObject([{ code: CloseCode.InternalError }]);
    const receive = vi.spyOn(reader, "receive");
    send("a");
    expect(receive).not.toHaveBeenCalled();
  });
});

describe("a gap", () => {
  test("comes first when the log does not reach back to the member's position", async () => {
    const { reader, start } = createReader();
    const { epoch: ep } = await start;
    reader.attach(outlet, undefined);
    await flushPromises();
    send(0);
    reader.detach();
    for (let n = 1; n <= 12; n += 1) send(n);
    const next = new TestOutlet();
    reader.attach(next, { epoch: ep, offset: 1 });
    await flushPromises();
    expect(next.frames.slice(0, 3)).toEqual([
      { t: "room", room: "tea", ep, off: 1, ...proven(ep, 0) },
      { t: "gap", room: "tea", from: 2, to: 3, why: "trimmed" },
      { t: "said", room: "tea", o: 4, p: 3, name: "posted", data: 3 },
    ]);
    expect(next.summary.slice(1)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test("comes again when the connection was lost with it", async () => {
    const { reader, start } = createReader();
    const { epoch } = await start;
    await flushPromises();
    for (let n = 1; n <= 12; n += 1) send(n);
    for (const connection of [outlet, new TestOutlet()]) {
      reader.attach(connection, { epoch, offset: 0 });
      await flushPromises();
      expect(connection.summary[0]).toEqual([1, 2, "trimmed"]);
    }
  });

  test("comes when messages have grown too old", async () => {
    const { reader, start } = createReader();
    const { epoch } = await start;
    send("a");
    clock.advance(100_000);
    send("b");
    reader.attach(outlet, { epoch, offset: 0 });
    await flushPromises();
    expect(outlet.summary).toEqual([[1, 1, "trimmed"], "b"]);
  });

  test.each([
    ["of another history", { epoch: "another", offset: 1 }],
    ["beyond its end", undefined],
  ])("reaches to the newest message for a position %s", async (_, startAt) => {
    send("a");
    send("b");
    const { epoch: ep } = await position();
    const { reader } = createReader("pause", log, startAt ?? { epoch: ep, offset: 3 });
    reader.attach(outlet, undefined);
    await flushPromises();
    send("c");
    expect(outlet.frames).toEqual([
      // In this order: if the connection breaks between them, the client must not keep its old offset in the new history.
      { t: "gap", room: "tea", from: 0, to: 2, why: "epoch" },
      { t: "room", room: "tea", ep, off: 2, ...proven(ep, 2) },
      { t: "said", room: "tea", o: 3, p: 2, name: "posted", data: "c" },
    ]);
  });
});
