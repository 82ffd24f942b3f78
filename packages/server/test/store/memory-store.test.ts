import { expect, test } from "vitest";
import { memoryStore } from "../../src/store/memory-store.ts";
import { beginning, bringing, keepsPromises } from "./store-conformance.ts";
import { handsOver, isShared } from "./store-shared.ts";

keepsPromises("a store in memory", () => memoryStore());
for (const promises of [handsOver, isShared])
  promises("a store in memory", () => {
    let store = memoryStore();
    return { open: () => store, lose: () => (store = memoryStore()) };
  });

test("a store in memory answers at once: nobody has to wait", () => {
  const { epoch, sessions, rooms } = memoryStore();
  const claim = { sessionId: "s", epoch, fence: 1 };
  expect(sessions.create(beginning)).toEqual(claim);
  expect(sessions.commit(claim, { outgoing: [{ sequence: 1, data: "a" }] })).toEqual([]);
  expect(sessions.attach(bringing(claim))).toMatchObject({ type: "resumed" });
  expect(rooms.append("r", { name: "n", data: "", at: 0 }, { messages: 1, ms: 1_000 })).toEqual({
    offset: 1,
    previous: 0,
  });
});

test("a full store takes no new session and no message, but whatever makes it smaller", () => {
  const { sessions, rooms, epoch } = memoryStore({ bytes: 5_000 });
  const claim = { sessionId: "s", epoch, fence: 1 };
  const out = [{ sequence: 1, data: "x".repeat(5_000) }];
  const keep = { messages: 9, ms: 9_000 };
  expect(sessions.create(beginning)).toEqual(claim);
  expect(sessions.commit(claim, { outgoing: out })).toEqual([]);
  expect(() => sessions.create({ ...beginning, sessionId: "t" })).toThrow("the store is full (5000 bytes)");
  expect(() => sessions.commit(claim, { outgoing: [{ sequence: 2, data: "" }] })).toThrow(
    "the store is full",
  );
  expect(() => sessions.commit(claim, { note: "" })).toThrow("the store is full");
  expect(() => rooms.position("r")).toThrow("the store is full");
  expect(() => rooms.read("r", undefined, 9)).toThrow("the store is full");
  expect(sessions.commit({ ...claim, fence: 2 }, { outgoing: out })).toBe(false);
  expect(() => rooms.append("r", { name: "n", data: "", at: 0 }, keep)).toThrow("the store is full");
  expect(sessions.commit(claim, { acknowledged: { upTo: 1, pending: [] } })).toEqual([]);
  expect(rooms.append("r", { name: "n", data: "y".repeat(5_000), at: 0 }, keep)).toMatchObject({ offset: 1 });
  expect(() => sessions.create({ ...beginning, sessionId: "t" })).toThrow("the store is full");
  expect(rooms.position("r")).toMatchObject({ offset: 1 });
  expect(rooms.sweep(9_000, 0)).toBeUndefined();
  expect(sessions.create({ ...beginning, sessionId: "t" })).toMatchObject({ sessionId: "t" });
  expect(sessions.commit(claim, { outgoing: [{ sequence: 2, data: "z".repeat(5_000) }] })).toEqual([]);
  expect(sessions.remove(claim)).toBe(true);
  expect(sessions.create({ ...beginning, sessionId: "u" })).toMatchObject({ sessionId: "u" });
});
