import type { Store } from "@symbolon/server/store";
import type { Scheduler } from "../virtual/scheduler.ts";
import type { SeededRandom } from "../virtual/seeded-random.ts";

/**
 * Wraps a store in memory: the room messages of a commit are appended up to `maxDelay` ms after it, as by a store that keeps
 * sessions and rooms in different places. Those of one session stay in order.
 */
export function lateStore(store: Store, scheduler: Scheduler, random: SeededRandom, maxDelay: number): Store {
  const { sessions, rooms } = store;
  /** When the last message of a session is appended. */
  const lastAt = new Map<string, number>();
  return {
    ...store,
    sessions: {
      ...sessions,
      commit: (claim, { roomMessages = [], ...record }) => {
        const committed = sessions.commit(claim, record);
        if (committed !== true) return committed;
        for (const { room, message, keep } of roomMessages) {
          const due = scheduler.now + random.between(0, maxDelay);
          const at = Math.max(lastAt.get(claim.sessionId) ?? 0, due);
          lastAt.set(claim.sessionId, at);
          scheduler.schedule(undefined, at - scheduler.now, () => void rooms.append(room, message, keep));
        }
        return committed;
      },
    },
  };
}
