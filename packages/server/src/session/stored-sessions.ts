import type { Clock } from "../timing/clock.ts";
import type { Store } from "../store/store.ts";

/**
 * Removes the sessions that a store has from an earlier process, unless their clients reconnect within `grace` ms after
 * they disconnected. Calls `onStoreError` when the store fails. Never rejects.
 */
export async function expireStoredSessions(
  { sessions }: Store,
  clock: Clock,
  grace: number,
  onStoreError: (error: unknown) => void,
): Promise<void> {
  try {
    const now = Date.now();
    for (const { claim, detachedAt = now } of await sessions.list()) {
      await sessions.detach(claim, detachedAt);
      // If the client has reconnected, this claim is outdated and `remove` changes nothing.
      clock.after(Math.max(0, detachedAt + grace - now), () => {
        void Promise.resolve()
          .then(() => sessions.remove(claim))
          .catch(onStoreError);
      });
    }
  } catch (error) {
    onStoreError(error);
  }
}

/**
 * Removes the sessions that a store has of a principal now, also those whose clients reconnect meanwhile.
 * @throws the error of the store, after the call for each session; an Error if the store does not remove a session
 */
export async function removeStoredSessions({ sessions }: Store, principal: string): Promise<void> {
  let remaining = (await sessions.list()).filter((session) => session.principal === principal);
  while (remaining.length > 0) {
    const fences = new Map(remaining.map(({ claim }) => [claim.sessionId, claim.fence]));
    const removed = await Promise.all(remaining.map(async ({ claim }) => sessions.remove(claim)));
    if (!removed.includes(false)) return;
    remaining = (await sessions.list()).filter(({ claim }) => fences.has(claim.sessionId));
    // A client that has reconnected has a new claim. With the same claim the loop would never end.
    const kept = remaining.find(({ claim }) => fences.get(claim.sessionId) === claim.fence);
    if (kept !== undefined) {
      const id = JSON.stringify(kept.claim.sessionId);
      throw new Error(
        `store.sessions.remove() did not remove session ${id}, but list() still returns the same claim`,
      );
    }
  }
}
