/** What reading costs: counted, since nothing else would show it. */
import { createHook } from "node:async_hooks";
import { int, type Message, text } from "@symbolon/protocol";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { expect, test } from "vitest";
import { MessageIterator } from "../../src/socket/message-iterator.ts";
import { MessageReader } from "../../src/socket/message-reader.ts";
import type { PendingWire } from "../../src/socket/pending-wire.ts";

/** A reader of an accepted socket to which messages have arrived. */
function createReader(...messages: Message[]) {
  const received = new BoundedQueue<Message>();
  for (const message of messages) received.push(message);
  const taken = { count: 0 };
  const wire = { requestMessage: () => undefined, messageTaken: () => (taken.count += 1) };
  return { received, taken, reader: new MessageReader(wire as unknown as PendingWire, received, text) };
}

/** Runs `act`. @returns how many promises it makes. */
function countPromises(act: () => void): number {
  let count = 0;
  const hook = createHook({ init: (_id, type) => (count += Number(type === "PROMISE")) }).enable();
  act();
  hook.disable();
  return count;
}

test("a message that has arrived is read without a promise", () => {
  const { reader, taken } = createReader("a", "b");
  const read: unknown[] = [];
  const promises = countPromises(() => {
    for (let n = 0; n < 2; n += 1) read.push(reader.decode(reader.take() as Message));
  });
  expect([read, promises, taken.count]).toEqual([["a", "b"], 0, 2]);
});

test("an iterator makes one promise for a message that has arrived, and two for one that has not", async () => {
  const { received, reader } = createReader("a");
  const messages = new MessageIterator(reader);
  const results: Promise<IteratorResult<string, void>>[] = [];
  const next = () => void results.push(messages.next());
  expect([countPromises(next), countPromises(next)]).toEqual([1, 2]);
  received.push("b");
  expect(await Promise.all(results)).toEqual([
    { done: false, value: "a" },
    { done: false, value: "b" },
  ]);
});

test("a message counts as taken when an asynchronous codec has read it, or has failed", async () => {
  const { reader, taken } = createReader("7", "seven");
  const read = [0, 1].map(() => reader.decode(reader.take() as Message, int));
  expect(taken.count).toBe(0);
  const [seven, invalid] = await Promise.allSettled(read);
  expect([seven?.status, invalid?.status, taken.count]).toEqual(["fulfilled", "rejected", 2]);
});

test("an iterator is done after the end, after an error, and when it was left", async () => {
  const ended = createReader();
  ended.received.end("over");
  const failed = createReader(new Uint8Array(), "b");
  const left = createReader("a");
  const iterators = [ended, failed, left].map(({ reader }) => new MessageIterator(reader));
  const [afterEnd, afterError, afterReturn] = iterators as [
    MessageIterator<string>,
    MessageIterator<string>,
    MessageIterator<string>,
  ];
  expect(await afterEnd.next()).toEqual({ done: true, value: undefined });
  await expect(afterError.next()).rejects.toThrow("expected a text message");
  await afterReturn.return();
  for (const iterator of iterators) expect(await iterator.next()).toEqual({ done: true, value: undefined });
  expect([failed.received.size, left.received.size]).toEqual([1, 1]);
});

test("an error that is thrown into an iterator ends it", async () => {
  const iterator = new MessageIterator(createReader("a").reader);
  await expect(iterator.throw("stop")).rejects.toBe("stop");
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
});
