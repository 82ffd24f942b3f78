/** How long a process waits until it takes a session that another one has. */
import { expect, test } from "vitest";
import { SessionReleases } from "../../src/session/session-releases.ts";
import { Clock } from "../../src/timing/clock.ts";
import { flushPromises } from "../flush-promises.ts";

/** Asks for a session by a store that takes `storeTime` ms to answer. */
function startAsking({
  storeTime = 0,
  beforeAnswer,
}: { storeTime?: number; beforeAnswer?: (releases: SessionReleases) => void } = {}) {
  const clock = new Clock();
  const releases = new SessionReleases(clock);
  const release = releases.await("session");
  clock.advance(storeTime);
  beforeAnswer?.(releases);
  let isDone = false;
  void release.asked().then(() => (isDone = true));
  const pass = async (ms: number): Promise<boolean> => {
    clock.advance(ms);
    await flushPromises();
    return isDone;
  };
  return { releases, release, pass };
}

test("another process has 600 ms to answer, from the answer of the store on", async () => {
  const { pass } = startAsking({ storeTime: 299 });
  expect([await pass(599), await pass(1)]).toEqual([false, true]);
});

test("it has 2 s when the store was away: it has to reach the store too, and to record what it has handled", async () => {
  const { pass } = startAsking({ storeTime: 300 });
  expect([await pass(1_999), await pass(1)]).toEqual([false, true]);
});

test("once it has answered it has 5 s, though its answer came before that of the store", async () => {
  const promised = (releases: SessionReleases): void =>
    releases.onNotice({ type: "promised", sessionId: "session" });
  const early = startAsking({ beforeAnswer: promised });
  expect([await early.pass(4_999), await early.pass(1)]).toEqual([false, true]);
  const late = startAsking();
  promised(late.releases);
  expect([await late.pass(4_999), await late.pass(1)]).toEqual([false, true]);
});

test("a session that is released may be taken at once, though that came before the answer of the store", async () => {
  const released = (releases: SessionReleases): void =>
    releases.onNotice({ type: "released", sessionId: "session" });
  expect(await startAsking({ beforeAnswer: released }).pass(0)).toBe(true);
  const late = startAsking();
  released(late.releases);
  expect(await late.pass(0)).toBe(true);
});

test("a session that is not wanted any more is not waited for", async () => {
  const { release, releases, pass } = startAsking();
  release.cancel();
  releases.onNotice({ type: "released", sessionId: "session" });
  expect(await pass(5_000)).toBe(false);
});
