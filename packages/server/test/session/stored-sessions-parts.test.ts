import { expect, onTestFinished, test, vi } from "vitest";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import type { SessionStore } from "../../src/store/session-store.ts";
import { waitOptions } from "../../../../test/time-limits.ts";
import { startNotesServer } from "../contract/notes-server.ts";
import { newSession } from "../store/store-fixtures.ts";

test("a process asks the store for many sessions in parts, and other calls come between", async () => {
  const memory = memoryStore();
  const sizes: number[] = [];
  const turns = new Set<number>();
  let turn = 0;
  let nextTurns: NodeJS.Immediate;
  const countTurns = (): void => {
    turn += 1;
    nextTurns = setImmediate(countTurns);
  };
  countTurns();
  onTestFinished(() => clearImmediate(nextTurns));
  const { sessions } = memory;
  const watched: SessionStore = {
    ...sessions,
    list: (query) => (sizes.push(query?.most ?? 0), sessions.list(query)),
    remove: (claim, close) => (turns.add(turn), sessions.remove(claim, close)),
  };
  for (let n = 0; n < 1_200; n += 1) await sessions.create({ ...newSession, sessionId: `s${n}` });
  const { app } = startNotesServer({}, { store: { ...memory, sessions: watched } });
  app.revoke("ada");
  await vi.waitFor(async () => expect(await sessions.list()).toEqual([]), waitOptions);
  expect(sizes).toEqual([500, 500, 500]);
  expect(turns.size).toBe(1_200 / 50);
});
