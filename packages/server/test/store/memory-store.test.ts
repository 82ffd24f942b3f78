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
  const claim = { sid: "s", ep: epoch, fence: 1 };
  expect(sessions.create(beginning)).toEqual(claim);
  expect(sessions.commit(claim, { out: [{ s: 1, data: "a" }] })).toEqual([]);
  expect(sessions.attach(bringing(claim))).toMatchObject({ is: "resumed" });
  expect(rooms.append("r", { name: "n", data: "", at: 0 }, { messages: 1, seconds: 1 })).toEqual({
    off: 1,
    prev: 0,
  });
});

test("a full store takes no new session and no message, but whatever makes it smaller", () => {
  const { sessions, rooms, epoch } = memoryStore({ size: 5_000 });
  const claim = { sid: "s", ep: epoch, fence: 1 };
  const out = [{ s: 1, data: "x".repeat(5_000) }];
  const keep = { messages: 9, seconds: 9 };
  expect(sessions.create(beginning)).toEqual(claim);
  expect(sessions.commit(claim, { out })).toEqual([]);
  expect(() => sessions.create({ ...beginning, sid: "t" })).toThrow("the store is full (5000 bytes)");
  expect(() => sessions.commit(claim, { out: [{ s: 2, data: "" }] })).toThrow("the store is full");
  expect(() => sessions.commit(claim, { note: "" })).toThrow("the store is full");
  expect(() => rooms.position("r")).toThrow("the store is full");
  expect(() => rooms.read("r", undefined, 9)).toThrow("the store is full");
  expect(sessions.commit({ ...claim, fence: 2 }, { out })).toBe(false);
  expect(() => rooms.append("r", { name: "n", data: "", at: 0 }, keep)).toThrow("the store is full");
  expect(sessions.commit(claim, { acked: { upTo: 1, but: [] } })).toEqual([]);
  expect(rooms.append("r", { name: "n", data: "y".repeat(5_000), at: 0 }, keep)).toMatchObject({ off: 1 });
  expect(() => sessions.create({ ...beginning, sid: "t" })).toThrow("the store is full");
  expect(rooms.position("r")).toMatchObject({ off: 1 });
  expect(rooms.sweep(9_000, 0)).toBeUndefined();
  expect(sessions.create({ ...beginning, sid: "t" })).toMatchObject({ sid: "t" });
  expect(sessions.commit(claim, { out: [{ s: 2, data: "z".repeat(5_000) }] })).toEqual([]);
  expect(sessions.remove(claim)).toBe(true);
  expect(sessions.create({ ...beginning, sid: "u" })).toMatchObject({ sid: "u" });
});
