import type { Awaitable } from "./awaitable.ts";
import type { RoomLog } from "./room-log.ts";
import type { SessionStore } from "./session-store.ts";
import type { TicketStore } from "./ticket-store.ts";

/**
 * Keeps sessions and the history of rooms outside of the connections that use them. What the store keeps survives a
 * lost connection; a store in files or in a database survives the end of the process too.
 *
 * Rules for every store:
 * - A call MUST decide and change in one step: of two concurrent calls, one MUST see everything that the other changed.
 * - A call MUST settle only when its change survives everything that the store promises to survive.
 * - Calls MUST settle in the order in which the caller made them.
 * - A call that returns `false` or throws MUST NOT change anything. A call that rejects MUST have changed all that it was to
 *   change, or nothing: the caller cannot know which. A store that repeats a call, since it got no answer from its server, MUST
 *   NOT change anything twice.
 * - An epoch MUST have at least 64 random bits. A store MUST begin a new epoch when it cannot prove that it still has every change that settled.
 * - A store MUST NOT use an epoch again that it, or another store, used before.
 * - A store MUST use one clock for the leases and the ends of sessions, which only goes forward: callers pass durations. Where a
 *   call has a time, in ms since 1970, the store MUST NOT read a clock.
 * - A store MUST NOT interpret or alter a `Message`: a string comes back as the same string, and bytes as the same bytes.
 * - A store that is full MUST accept every call for which no error is noted here: such a call may free capacity.
 * - A store MUST NOT drop anything without reporting it: by a new epoch, by `reset`, or by a `gap`.
 *
 * A store may keep the objects that it receives without copying them: the caller never changes them afterwards.
 *
 * `packages/server/test/store/store-conformance.ts` in the repository of this package tests these rules for any store.
 */
export interface Store {
  /** The sessions. */
  readonly sessions: SessionStore;
  /** The history of the rooms. */
  readonly rooms: RoomLog;
  /** The tickets that clients have not used yet. */
  readonly tickets: TicketStore;
  /**
   * Returns the secret by which the server signs the positions of room members: 256 random bits. It MUST be the same for as
   * long as the store keeps the epochs of its rooms, and for every process of the store. It never leaves the server.
   */
  proofKey(): Awaitable<string>;
  /** Waits for the calls in progress, then releases files and connections. Every later call MUST reject. */
  close?(): Awaitable<void>;
}
