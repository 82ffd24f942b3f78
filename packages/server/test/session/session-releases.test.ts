/** How long a process waits until it takes a session that another one has. */
import { expect, test } from "vitest";
import { SessionReleases } from "../../src/session/session-releases.ts";
import type { AttachResult } from "../../src/store/session-store.ts";
import { Clock } from "../../src/timing/clock.ts";
import { flushPromises } from "../flush-promises.ts";

const id = "session";

/** Asks for a session by a store that takes so many ms for each answer. */
async function startAsking({
  storeTimes = [0, 0],
  beforeAnswer,
}: { storeTimes?: readonly number[]; beforeAnswer?: (releases: SessionReleases) => void } = {}) {
  const clock = new Clock();
  const releases = new SessionReleases(clock);
  /** Whether each call has asked first. */
  const calls: boolean[] = [];
  const attach = async (asksFirst: boolean): Promise<AttachResult> => {
    calls.push(asksFirst);
    if (!asksFirst) return { type: "stale" };
    clock.advance(storeTimes[calls.length - 1] ?? 0);
    beforeAnswer?.(releases);
    return { type: "asked" };
  };
  let isDone = false;
  const result = releases.attach(id, attach).then((attached) => {
    isDone = true;
    return attached;
  });
  await flushPromises();
  const pass = async (ms: number): Promise<boolean> => {
    clock.advance(ms);
    await flushPromises();
    return isDone;
  };
  return { releases, calls, result, pass };
}

test("another process has 600 ms to answer, from the answer of the store on; it is asked once more then", async () => {
  const { calls, result, pass } = await startAsking({ storeTimes: [299, 299] });
  expect([await pass(599), calls]).toEqual([false, [true]]);
  expect([await pass(1), calls]).toEqual([true, [true, true, false]]);
  expect(await result).toEqual({ type: "stale" });
});

test("it has 2 s when the store was away: it has to reach the store too, and to record what it has handled", async () => {
  const { calls, pass } = await startAsking({ storeTimes: [300] });
  expect(await pass(1_999)).toBe(false);
  expect([await pass(1), calls]).toEqual([true, [true, false]]);
});

test("it has 2 s more when the store was away while its answer was awaited", async () => {
  const { calls, pass } = await startAsking({ storeTimes: [0, 300] });
  expect([await pass(600), calls]).toEqual([false, [true, true]]);
  expect(await pass(1_999)).toBe(false);
  expect([await pass(1), calls]).toEqual([true, [true, true, false]]);
});

test("once it has answered it has 5 s, though its answer came before that of the store", async () => {
  const promised = (releases: SessionReleases): void =>
    releases.onNotice({ type: "promised", sessionId: id });
  const early = await startAsking({ beforeAnswer: promised });
  const late = await startAsking();
  promised(late.releases);
  for (const { pass, calls } of [early, late]) {
    expect(await pass(4_999)).toBe(false);
    expect([await pass(1), calls]).toEqual([true, [true, false]]);
  }
});

test("a session that is released may be taken at once, though that came before the answer of the store", async () => {
  const released = (releases: SessionReleases): void =>
    releases.onNotice({ type: "released", sessionId: id });
  const early = await startAsking({ beforeAnswer: released });
  const late = await startAsking();
  released(late.releases);
  for (const { pass, calls } of [early, late]) expect([await pass(0), calls]).toEqual([true, [true, false]]);
});

test("a session that no other process has is attached by the first call, and a failure is passed on", async () => {
  const releases = new SessionReleases(new Clock());
  expect(await releases.attach(id, () => ({ type: "stale" }))).toEqual({ type: "stale" });
  const failure = new Error("no connection");
  await expect(releases.attach(id, () => Promise.reject(failure))).rejects.toBe(failure);
});
