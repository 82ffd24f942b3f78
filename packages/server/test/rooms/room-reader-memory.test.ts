/** A member of a room that remembers nothing: the log counts the messages, and keeps none. */
import { beforeEach, expect, test, vi } from "vitest";
import { flushPromises } from "../flush-promises.ts";
import { TestOutlet } from "./test-outlet.ts";
import { createTestRoom } from "./test-room.ts";

let { log, send, createReader, createUnluckyReader, proven } = createTestRoom({ remembers: false });
let outlet = new TestOutlet();

beforeEach(() => {
  ({ log, send, createReader, createUnluckyReader, proven } = createTestRoom({ remembers: false }));
  outlet = new TestOutlet();
});

test("a new member receives what is sent after its join, while it connects too, and nothing older", async () => {
  send("before");
  const { reader, start } = createReader();
  const { epoch: ep } = await start;
  send("a");
  reader.attach(outlet, undefined);
  send("b");
  await flushPromises();
  send("c");
  expect(outlet.frames).toEqual([
    { t: "room", room: "tea", ep, off: 1, ...proven(ep, 1) },
    { t: "said", room: "tea", o: 2, p: 1, name: "posted", data: "a" },
    { t: "said", room: "tea", o: 3, p: 2, name: "posted", data: "b" },
    { t: "said", room: "tea", o: 4, p: 3, name: "posted", data: "c" },
  ]);
  expect(await log.read("log of tea", {}, 10_000)).toMatchObject({ offset: 4, entries: [] });
});

test("a new member for which too many messages wait receives a gap, and then the newest 100", async () => {
  const { reader, start } = createReader();
  await start;
  for (let n = 1; n <= 103; n += 1) send(n);
  reader.attach(outlet, undefined);
  await flushPromises();
  send("now");
  const newest = Array.from({ length: 100 }, (_, n) => n + 4);
  expect(outlet.summary).toEqual([[1, 3, "trimmed"], ...newest, "now"]);
});

test("a member that was disconnected receives a gap, and then each message", async () => {
  const { reader, start } = createReader();
  const { epoch: ep } = await start;
  reader.attach(outlet, undefined);
  await flushPromises();
  send("a");
  reader.detach();
  const receive = vi.spyOn(reader, "receive");
  for (const data of ["b", "c"]) send(data);
  expect(receive).not.toHaveBeenCalled();
  const next = new TestOutlet();
  reader.attach(next, { epoch: ep, offset: 1 });
  send("d");
  await flushPromises();
  send("e");
  expect(outlet.summary).toEqual(["a"]);
  expect(next.frames).toEqual([
    { t: "room", room: "tea", ep, off: 1, ...proven(ep, 0) },
    { t: "gap", room: "tea", from: 2, to: 3, why: "trimmed" },
    { t: "said", room: "tea", o: 4, p: 3, name: "posted", data: "d" },
    { t: "said", room: "tea", o: 5, p: 4, name: "posted", data: "e" },
  ]);
});

test("a member that was disconnected and has missed nothing receives no gap", async () => {
  const { reader, start } = createReader();
  const { epoch } = await start;
  send("a");
  reader.attach(outlet, { epoch, offset: 1 });
  await flushPromises();
  send("b");
  expect(outlet.summary).toEqual(["b"]);
});

test("a member whose connection is full receives the newest 100 messages when it has drained, and one gap before", async () => {
  const { reader } = createReader();
  reader.attach(outlet, undefined);
  await flushPromises();
  send("a");
  outlet.fill();
  for (let n = 2; n <= 50; n += 1) send(n);
  await flushPromises();
  for (let n = 51; n <= 104; n += 1) send(n);
  await flushPromises();
  expect(outlet.summary).toEqual(["a"]);
  outlet.drain(50);
  await flushPromises();
  const newest = Array.from({ length: 100 }, (_, n) => n + 5);
  expect(outlet.summary).toEqual(["a", [2, 4, "trimmed"], ...newest.slice(0, 49)]);
  outlet.drain();
  await flushPromises();
  send("now");
  expect(outlet.summary).toEqual(["a", [2, 4, "trimmed"], ...newest, "now"]);
});

test("a member of another history receives a gap of the epoch, and then each message", async () => {
  send("old");
  const { reader } = createReader();
  reader.attach(outlet, { epoch: "another", offset: 7 });
  send("a");
  await flushPromises();
  send("b");
  expect(outlet.summary).toEqual([[0, 2, "epoch"], "b"]);
});

test("a member skips the messages that are not for it", async () => {
  const { reader, start } = createReader();
  await start;
  send("mine", { except: "me" });
  send("a");
  reader.attach(outlet, undefined);
  await flushPromises();
  send("mine", { except: "me" });
  expect(outlet.summary).toEqual(["-", "a", "-"]);
});

test("a plain member receives the events that are sent while it connects", async () => {
  const plain = new TestOutlet({ plain: true });
  const { reader, start } = createReader();
  await start;
  send("a");
  reader.attach(plain, undefined);
  await flushPromises();
  expect(plain.frames).toEqual([{ t: "event", name: "posted", data: "a" }]);
});

test("a member whose first start fails receives one gap and the newest 100 of what was sent since its join", async () => {
  send("before");
  const { reader } = createUnluckyReader();
  for (let n = 2; n <= 105; n += 1) send(n);
  await flushPromises();
  reader.attach(outlet, undefined);
  await flushPromises();
  const newest = Array.from({ length: 100 }, (_, n) => n + 6);
  expect(outlet.summary).toEqual([[2, 5, "trimmed"], ...newest]);
});

test("a member whose connection is closed as its first start fails receives a gap for what was sent since its join", async () => {
  send("before");
  const { reader, onError } = createUnluckyReader();
  reader.attach(outlet, undefined);
  send("a");
  await flushPromises();
  expect(onError).toHaveBeenCalledWith(new Error("the log failed"));
  const receive = vi.spyOn(reader, "receive");
  send("b");
  expect(receive).not.toHaveBeenCalled();
  const next = new TestOutlet();
  reader.attach(next, undefined);
  send("c");
  await flushPromises();
  expect(outlet.summary).toEqual([]);
  expect(next.summary).toEqual([[2, 3, "trimmed"], "c"]);
});
