/** A model of a store, as simple as possible: it keeps everything that was ever recorded, and computes what is left. */
import type { Retention, RoomMessage } from "../../src/store/room-log.ts";
import type {
  AttachRequest,
  Claim,
  SessionCommit,
  NewSession,
  StoredMessage,
  StoredSession,
} from "../../src/store/session-store.ts";

interface ModelSession extends Omit<NewSession, "attempt" | "lease"> {
  attempt: number;
  epoch: string;
  fence: number;
  owner: string | undefined;
  endsAt: number | undefined;
  /** Every message there ever was. */
  messages: StoredMessage[];
  received: { upTo: number; pending: readonly number[] };
  acknowledged: { upTo: number; pending: readonly number[] };
  note: SessionCommit["note"];
}

interface ModelRoom {
  /** Every message there ever was. */
  messages: RoomMessage[];
  /** The messages up to this offset are dropped. */
  droppedUpTo: number;
  keep?: Retention;
}

/** The sessions and rooms of a store. */
export class StoreModel {
  sessions = new Map<string, ModelSession>();
  rooms = new Map<string, ModelRoom>();
  /** The epochs of the rooms that were read. */
  epochs = new Map<string, string>();

  copy(): StoreModel {
    const copy = new StoreModel();
    copy.sessions = structuredClone(this.sessions);
    copy.rooms = structuredClone(this.rooms);
    copy.epochs = new Map(this.epochs);
    return copy;
  }

  /** The process that had the sessions has ended. */
  restart(): void {
    for (const session of this.sessions.values()) session.owner = undefined;
  }

  create({ lease, ...session }: NewSession, epoch: string): void {
    const noProgress = { upTo: 0, pending: [] };
    this.sessions.set(session.sessionId, {
      ...session,
      epoch,
      fence: 1,
      owner: lease.node,
      endsAt: undefined,
      messages: [],
      received: noProgress,
      acknowledged: noProgress,
      note: undefined,
    });
  }

  /** The session of a claim, if the claim is the newest one. */
  owned({ sessionId, fence }: Claim): ModelSession | undefined {
    const session = this.sessions.get(sessionId);
    return session?.fence === fence ? session : undefined;
  }

  attach(request: AttachRequest): unknown {
    const session = this.sessions.get(request.sessionId);
    if (
      session?.secretHash !== request.secretHash ||
      session.keyHash !== request.keyHash ||
      session.principal !== request.principal
    )
      return { type: "refused", known: session !== undefined };
    if (request.attempt <= session.attempt) return { type: "stale" };
    const { receivedUpTo, firstHeld, epoch } = request;
    const fits =
      receivedUpTo >= session.acknowledged.upTo &&
      receivedUpTo <= session.messages.length &&
      firstHeld <= session.received.upTo + 1;
    if (!fits || epoch !== session.epoch) return { type: "reset", reason: "lost" };
    const newlyReceived = session.messages
      .map(({ sequence }) => sequence)
      .filter((sequence) => sequence > session.acknowledged.upTo && sequence <= receivedUpTo);
    session.acknowledged = {
      upTo: receivedUpTo,
      pending: [...session.acknowledged.pending, ...newlyReceived],
    };
    session.fence += 1;
    session.attempt = request.attempt;
    session.owner = request.lease.node;
    session.endsAt = undefined;
    const { sessionId, fence, received, acknowledged, messages, note } = session;
    const unacknowledged = messages.filter(({ sequence }) => sequence > receivedUpTo);
    return {
      type: "resumed",
      claim: { sessionId, epoch, fence },
      state: { received, acknowledged, lastSequence: messages.length, unacknowledged, note },
    };
  }

  /** Commits a valid record. */
  commit(claim: Claim, record: SessionCommit): unknown {
    const { outgoing = [], acknowledged, received, roomMessages = [], note } = record;
    const session = this.owned(claim);
    if (session === undefined) return false;
    session.messages.push(...outgoing);
    session.acknowledged = acknowledged ?? session.acknowledged;
    session.received = received ?? session.received;
    session.note = note ?? session.note;
    for (const { room, message, keep } of roomMessages) this.append(room, message, keep);
    return true;
  }

  append(name: string, message: RoomMessage, keep: Retention): unknown {
    const room = this.rooms.get(name) ?? { messages: [], droppedUpTo: 0 };
    this.rooms.set(name, room);
    room.keep = keep;
    room.messages.push(message);
    const offset = room.messages.length;
    room.droppedUpTo = Math.max(room.droppedUpTo, offset - keep.messages);
    this.dropExpired(name, message.at);
    return { offset, previous: offset - 1 };
  }

  /** Drops the oldest messages of a room while they are too old. */
  dropExpired(name: string, now: number): void {
    const room = this.rooms.get(name);
    if (room?.keep === undefined) return;
    for (const [index, { at }] of room.messages.entries())
      if (index + 1 > room.droppedUpTo) {
        if (now - at < room.keep.ms) break;
        room.droppedUpTo = index + 1;
      }
  }

  read(name: string, after: number): unknown {
    const { messages, droppedUpTo } = this.rooms.get(name) ?? { messages: [], droppedUpTo: 0 };
    const entries = messages
      .map((message, index) => ({ ...message, offset: index + 1, previous: index }))
      .filter(({ offset }) => offset > Math.max(after, droppedUpTo));
    const gap = after < droppedUpTo && { gap: { from: after, to: droppedUpTo } };
    return { offset: messages.length, entries, ...gap };
  }

  list(): readonly StoredSession[] {
    return Array.from(this.sessions.values(), (session) => {
      const { sessionId, epoch, fence, service, principal, keyHash, owner, endsAt } = session;
      const bytes = session.messages
        .filter(({ sequence }) => sequence > session.acknowledged.upTo)
        .reduce((sum, { data }) => sum + data.length, 0);
      return { claim: { sessionId, epoch, fence }, service, principal, keyHash, owner, endsAt, bytes };
    });
  }
}
