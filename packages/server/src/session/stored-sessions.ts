import type { Clock } from "../timing/clock.ts";
import type { Store } from "../store/store.ts";

/**
 * Ends the sessions that a store has from before, when their clients do not come back in time: `grace` ms since they left.
 * `failed` is told when the store fails. Never rejects.
 */
export async function expireStoredSessions(
  { sessions }: Store,
  clock: Clock,
  grace: number,
  failed: (error: unknown) => void,
): Promise<void> {
  try {
    const now = Date.now();
    for (const { claim, detachedAt: since = now } of await sessions.list()) {
      await sessions.detach(claim, since);
      // A client that came back has another claim: this one removes nothing then.
      clock.after(Math.max(0, since + grace - now), () => {
        void Promise.resolve()
          .then(() => sessions.remove(claim))
          .catch(failed);
      });
    }
  } catch (error) {
    failed(error);
  }
}

/**
 * Ends the sessions that a store has of a principal now, of clients that come back meanwhile too. Rejects when the store
 * fails; it was asked to end each of them then.
 */
export async function removeStoredSessions({ sessions }: Store, principal: string): Promise<void> {
  let left = (await sessions.list()).filter((session) => session.principal === principal);
  while (left.length > 0) {
    const fences = new Map(left.map(({ claim: { sessionId: sid, fence } }) => [sid, fence]));
    const ended = await Promise.all(left.map(async ({ claim }) => sessions.remove(claim)));
    if (!ended.includes(false)) return;
    left = (await sessions.list()).filter(({ claim }) => fences.has(claim.sessionId));
    // Who came back has another fence: a store that lists the same one would be asked for ever.
    if (left.some(({ claim: { sessionId: sid, fence } }) => fences.get(sid) === fence))
      throw new Error("the store lists a session that it does not end");
  }
}
