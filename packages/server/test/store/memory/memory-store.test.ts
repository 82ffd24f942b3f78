import { expect, onTestFinished, test, vi } from "vitest";
import { memoryStore } from "../../../src/store/memory/memory-store.ts";
import type { Claim } from "../../../src/store/session-store.ts";
import { testHandover } from "../handover-conformance.ts";
import { testPresence } from "../presence-conformance.ts";
import { testSharedStore } from "../shared-store-conformance.ts";
import { testStore } from "../store-conformance.ts";
import { attachRequest, newSession, retain, roomMessage } from "../store-fixtures.ts";

testStore("a store in memory", () => memoryStore());
for (const testData of [testHandover, testSharedStore, testPresence])
  testData("a store in memory", () => {
    let store = memoryStore();
    return { open: () => store, lose: () => (store = memoryStore()) };
  });

test("a store in memory returns values and no promises", () => {
  const { sessions, rooms } = memoryStore();
  const claim = sessions.create(newSession) as Claim;
  expect(claim).toMatchObject({ sessionId: "s", fence: 1 });
  expect(sessions.commit(claim, { outgoing: [{ sequence: 1, data: "a" }] })).toBe(true);
  expect(sessions.attach(attachRequest(claim))).toMatchObject({ type: "resumed" });
  expect(rooms.append("r", roomMessage(""), retain(1))).toEqual({ offset: 1, previous: 0 });
});

test("a full store accepts no session, room or message, and accepts every call that frees capacity", () => {
  const { sessions, rooms, tickets } = memoryStore({ bytes: 5_000 });
  const ticket = { principal: "ada", origin: undefined, expiresAt: 9_000, credentialExpiresAt: undefined };
  const outgoing = [{ sequence: 1, data: "x".repeat(5_000) }];
  const keep = retain(9, 9_000);
  const claim = sessions.create(newSession) as Claim;
  expect(sessions.commit(claim, { outgoing })).toBe(true);
  expect(() => sessions.create({ ...newSession, sessionId: "t" })).toThrow(
    "the store is full (5000 bytes): end sessions, keep less room history, or raise `bytes`",
  );
  expect(() => sessions.commit(claim, { outgoing: [{ sequence: 2, data: "" }] })).toThrow(
    "the store is full",
  );
  expect(() => sessions.commit(claim, { note: "" })).toThrow("the store is full");
  expect(() => rooms.position("r")).toThrow("the store is full");
  expect(() => rooms.read("r", {}, 9)).toThrow("the store is full");
  expect(sessions.commit({ ...claim, fence: 2 }, { outgoing })).toBe(false);
  expect(() => rooms.append("r", roomMessage(""), keep)).toThrow("the store is full");
  expect(() => tickets.put("t", ticket, 0)).toThrow("the store is full");
  expect(tickets.take("t")).toBeUndefined();
  expect(sessions.commit(claim, { acknowledged: { upTo: 1, pending: [] } })).toBe(true);
  expect(rooms.append("r", roomMessage("y".repeat(5_000)), keep)).toMatchObject({ offset: 1 });
  expect(() => sessions.create({ ...newSession, sessionId: "t" })).toThrow("the store is full");
  expect(rooms.position("r")).toMatchObject({ offset: 1 });
  expect(rooms.sweep(9_000, 0)).toBeUndefined();
  expect(sessions.create({ ...newSession, sessionId: "t" })).toMatchObject({ sessionId: "t" });
  expect(sessions.commit(claim, { outgoing: [{ sequence: 2, data: "z".repeat(5_000) }] })).toBe(true);
  expect(sessions.remove(claim)).toBe(true);
  expect(sessions.create({ ...newSession, sessionId: "u" })).toMatchObject({ sessionId: "u" });
});

test("a full store accepts a message to a room that retains nothing, unless that room would begin", () => {
  const { sessions, rooms } = memoryStore({ bytes: 5_000 });
  expect(rooms.position("r")).toMatchObject({ offset: 0 });
  const claim = sessions.create(newSession) as Claim;
  expect(sessions.commit(claim, { outgoing: [{ sequence: 1, data: "x".repeat(5_000) }] })).toBe(true);
  const message = { ...roomMessage("y".repeat(5_000)), account: "ada" };
  expect(() => rooms.append("r", message, retain(1))).toThrow("the store is full");
  expect(rooms.append("r", message, retain(0, 0))).toEqual({ offset: 1, previous: 0 });
  expect(() => rooms.append("q", message, retain(0, 0))).toThrow("the store is full");
});

test("a system whose clock is set forward ends no session, and one whose clock is set back keeps none", () => {
  vi.useFakeTimers({ toFake: ["Date", "performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const { sessions } = memoryStore();
  const claim = sessions.create(newSession) as Claim;
  void sessions.detach(claim, 60_000);
  vi.setSystemTime(Date.now() + 3_600_000);
  void sessions.sweep(60_000);
  expect(sessions.list()).toHaveLength(1);
  vi.setSystemTime(0);
  vi.advanceTimersByTime(60_000);
  void sessions.sweep(60_000);
  expect(sessions.list()).toEqual([]);
});

test("tickets fill a store, and free it when they are taken", () => {
  const { tickets } = memoryStore({ bytes: 5_000 });
  const holder = { origin: "https://example.com", expiresAt: 9_000, credentialExpiresAt: undefined };
  const ticket = { principal: "a".repeat(5_000), ...holder };
  expect(tickets.put("t", ticket, 0)).toBeUndefined();
  expect(() => tickets.put("u", ticket, 0)).toThrow("the store is full");
  expect(tickets.take("t")).toEqual(ticket);
  expect(tickets.put("u", ticket, 0)).toBeUndefined();
});
