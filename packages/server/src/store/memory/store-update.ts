/** The updates of a store. Each is complete in itself: the tables apply it, and a journal records it before that. */
import type { Message } from "@symbolon/protocol";
import type { SavedMemberships } from "./membership-numbers.ts";
import type { Retention, RoomEntry, RoomPosition } from "../room-log.ts";
import type { ClientClose, Lease, NewSession, Progress, StoredMessage } from "../session-store.ts";

/** An update that a table decided on but has not applied, and the result to return once it is applied. */
export interface Decision<Update, Result> {
  /** The update; undefined when nothing changes. */
  readonly update?: Update;
  /** Returns the result of the call. The store calls it once, after it applied the update. */
  readonly result: () => Result;
}

/** What never changes in a session. */
export type SessionIdentity = Omit<NewSession, "sessionId" | "attempt" | "lease"> & {
  readonly epoch: string;
};

/** What changes in a session, except its unacknowledged messages. */
export interface SessionProgress {
  /** The number of the present owner, from 1. */
  readonly fence: number;
  /** The number of the client's last dial. */
  readonly attempt: number;
  /** As in `SessionState`. */
  readonly received: Progress;
  /** As in `SessionState`. */
  readonly acknowledged: Progress;
  /** As in `SessionState`. */
  readonly lastSequence: number;
  /** When the session ends if it is not attached, in ms since 1970; undefined while a process has it. */
  readonly endsAt: number | undefined;
  /** As in `SessionState`. */
  readonly note: Message | undefined;
}

/** Changes one session. */
export interface SessionUpdate {
  /** The session. */
  readonly sessionId: string;
  /** Present when the session begins. */
  readonly identity?: SessionIdentity;
  /** Replaces the progress before; undefined when the session ends. */
  readonly progress?: SessionProgress;
  /** The lease that begins. */
  readonly lease?: Lease;
  /** How the process that has the session closes its client's connection, when the session ends. */
  readonly close?: ClientClose | undefined;
  /** Whether no process has the session any more. */
  readonly released?: boolean;
  /** Messages to add. Those up to `progress.acknowledged.upTo` are dropped. */
  readonly messages?: readonly StoredMessage[];
}

/** Changes one room. */
export interface RoomUpdate {
  /** The room. */
  readonly room: string;
  /** The account for which the room begins. */
  readonly account?: string | undefined;
  /** Replaces the position before; undefined when the room is forgotten. */
  readonly position?: RoomPosition;
  /** Messages to add. */
  readonly entries?: readonly RoomEntry[];
  /** Replaces the retention before, and applies at the time of the newest added message. */
  readonly keep?: Retention | undefined;
  /** Messages up to this offset are dropped. */
  readonly dropUpTo?: number;
  /** The member whose present membership ends. */
  readonly endedMember?: string;
  /** Replaces the numbers of the memberships before. */
  readonly memberships?: SavedMemberships;
}

/**
 * What a journal records of an update: without what concerns processes, which have ended when it is read, and without the
 * messages that their rooms do not retain.
 */
export function recordOf({ session, rooms }: StoreUpdate): StoreUpdate {
  return {
    ...(session && { session: forgetProcesses(session) }),
    ...(rooms && { rooms: rooms.map((room) => (room.keep?.messages === 0 ? forgetMessages(room) : room)) }),
  };
}

function forgetProcesses(session: SessionUpdate): SessionUpdate {
  const { lease: _, close: __, released: ___, ...update } = session;
  return update;
}

function forgetMessages({ entries, ...update }: RoomUpdate): RoomUpdate {
  const dropUpTo = entries?.at(-1)?.offset;
  return dropUpTo === undefined ? update : { ...update, dropUpTo };
}

/** Everything that one call changes. */
export interface StoreUpdate {
  /** The session that changes. */
  readonly session?: SessionUpdate | undefined;
  /** The rooms that change; one of them may occur several times, and the order matters. */
  readonly rooms?: readonly RoomUpdate[] | undefined;
}
