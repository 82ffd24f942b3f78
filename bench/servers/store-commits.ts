/** A store without a server: the process commits steps of sessions. */
import { serveBench } from "./control.ts";
import { requireStore } from "./open-store.ts";
import { StoreSession } from "./store-session.ts";

const [sessionCount, inFlight] = [50, 16];
const store = await requireStore();
const lease = { node: "bench", ms: 3_600_000 };
const sessions = await Promise.all(
  Array.from({ length: sessionCount }, (_, n) => StoreSession.create(store, `principal ${n}`, lease)),
);

/** Commits one step after another until a time, as `performance.now` has it. @returns how many. */
async function commitUntil(
  session: StoreSession,
  end: number,
  onCommit?: (ms: number) => void,
): Promise<number> {
  let count = 0;
  for (let now = performance.now(); now < end; count += 1) {
    await session.commit();
    const settled = performance.now();
    onCommit?.(settled - now);
    now = settled;
  }
  return count;
}

/** @throws as a rejection: when the store has not kept what was committed. */
async function check(): Promise<void> {
  const listed = new Map((await store.sessions.list()).map(({ claim, bytes }) => [claim.sessionId, bytes]));
  for (const { id, bytes } of sessions)
    if (listed.get(id) !== bytes)
      throw new Error(`session ${id} has ${listed.get(id)} bytes in the store, and should have ${bytes}`);
}

serveBench(0, {
  /** Commits for so many ms with 16 commits of each session in flight. @returns how many in a second. */
  async pipelined(ms) {
    const start = performance.now();
    const loops = sessions.flatMap((session) =>
      Array.from({ length: inFlight }, () => commitUntil(session, start + ms)),
    );
    const counts = await Promise.all(loops);
    const seconds = (performance.now() - start) / 1_000;
    await check();
    const count = counts.reduce((sum, one) => sum + one, 0);
    return { count, seconds };
  },
  /** Commits for so many ms, one after another. @returns the median of their times, in µs. */
  async lockstep(ms) {
    const times: number[] = [];
    const [session] = sessions;
    if (session) await commitUntil(session, performance.now() + ms, (time) => times.push(time));
    await check();
    return (times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN) * 1_000;
  },
});
