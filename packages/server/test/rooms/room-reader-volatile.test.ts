/** Volatile events of a room: for the members that can receive them now. */
import { msgpack } from "@symbolon/protocol/msgpack";
import { beforeEach, expect, test } from "vitest";
import { flushPromises } from "../flush-promises.ts";
import { TestOutlet } from "./test-outlet.ts";
import { createTestRoom } from "./test-room.ts";

let { send, createReader, proven, volatile } = createTestRoom();
let outlet = new TestOutlet();

beforeEach(() => {
  ({ send, createReader, proven, volatile } = createTestRoom());
  outlet = new TestOutlet();
});

test("a member receives an event without a sequence, and its position stays", async () => {
  const { reader, start } = createReader();
  const { epoch: ep } = await start;
  reader.attach(outlet, undefined);
  await flushPromises();
  send("a");
  reader.receiveVolatile(volatile({ x: 1 }));
  send("b");
  expect(outlet.frames).toEqual([
    { t: "room", room: "tea", ep, off: 0, ...proven(ep, 0) },
    { t: "said", room: "tea", o: 1, p: 0, name: "posted", data: "a" },
    { t: "event", name: "posted", data: { x: 1 } },
    { t: "said", room: "tea", o: 2, p: 1, name: "posted", data: "b" },
  ]);
});

test("a plain member receives the same event", async () => {
  const plain = new TestOutlet({ plain: true });
  const { reader } = createReader();
  reader.attach(plain, undefined);
  await flushPromises();
  reader.receiveVolatile(volatile("now"));
  expect(plain.frames).toEqual([{ t: "event", name: "posted", data: "now" }]);
});

test("members of one codec share the bytes of the event", async () => {
  const outlets = [new TestOutlet(), new TestOutlet()];
  const event = volatile("now");
  for (const each of outlets) {
    const { reader } = createReader();
    reader.attach(each, undefined);
    await flushPromises();
    reader.receiveVolatile(event);
  }
  const [one, two] = outlets.map(({ messages }) => messages.at(-1));
  expect(one).toBe('{"t":"event","name":"posted","data":"now"}');
  expect(two).toBe(one);
});

test("a member of another codec receives the event in its codec", async () => {
  const messages: unknown[] = [];
  const { reader } = createReader();
  const sink = { send: (message: unknown) => void messages.push(message), drained: () => undefined };
  reader.attach({ codec: msgpack, plain: false, sink, drop: () => {} }, undefined);
  await flushPromises();
  reader.receiveVolatile(volatile("now"));
  expect(msgpack.read(messages.at(-1) as Uint8Array)).toEqual({ t: "event", name: "posted", data: "now" });
});

test("a member that is excepted, disconnected or whose connection is full does not receive it, then or later", async () => {
  const { reader, start } = createReader();
  const { epoch } = await start;
  reader.receiveVolatile(volatile("before it connects"));
  reader.attach(outlet, undefined);
  await flushPromises();
  reader.receiveVolatile(volatile("excepted", "me"));
  outlet.fill();
  reader.receiveVolatile(volatile("full"));
  outlet.drain();
  await flushPromises();
  reader.detach();
  reader.receiveVolatile(volatile("disconnected"));
  const next = new TestOutlet();
  reader.attach(next, { epoch, offset: 0 });
  await flushPromises();
  send("a");
  expect([outlet.summary, next.summary]).toEqual([[], ["a"]]);
});

test("a codec that cannot write the event costs this member its connection alone", async () => {
  const { reader, onError } = createReader();
  const codec = {
    ...msgpack,
    write: () => {
      throw new TypeError("cannot write");
    },
    stamp: () => {
      throw new TypeError("cannot write");
    },
  };
  const drops: unknown[] = [];
  const sink = { send: () => {}, drained: () => undefined };
  reader.attach({ codec, plain: false, sink, drop: (error) => drops.push(error) }, undefined);
  await flushPromises();
  reader.receiveVolatile(volatile("now"));
  expect(onError).toHaveBeenCalledWith(new TypeError("cannot write"));
  expect(drops).toMatchObject([{ code: 1011 }]);
});
