/** What a store should hold, written as plainly as it can be: everything that ever happened, and nothing thrown away. */
import type {
  AttachRequest,
  Claim,
  SessionCommit,
  Retention,
  NewSession,
  RoomMessage,
  StoredSession,
} from "../../src/store/store.ts";

interface ModelSession extends Omit<NewSession, "attempt"> {
  attempt: number;
  epoch: string;
  fence: number;
  detachedAt: number | undefined;
  broken: boolean;
  /** Every message there ever was. */
  outgoing: { sequence: number; data: SessionCommit["note"] & {} }[];
  received: { upTo: number; pending: readonly number[] };
  acknowledged: { upTo: number; pending: readonly number[] };
  note: SessionCommit["note"];
}

/** Sessions and rooms, as lists of everything. */
export class Model {
  sessions = new Map<string, ModelSession>();
  /** Everything ever said in a room, and the offset at or below which it is gone. */
  rooms = new Map<string, { said: RoomMessage[]; gone: number; keep?: Retention }>();

  /** The epoch of each room that was asked for. */
  epochs = new Map<string, string>();

  copy(): Model {
    const copy = new Model();
    copy.sessions = structuredClone(this.sessions);
    copy.rooms = structuredClone(this.rooms);
    copy.epochs = new Map(this.epochs);
    return copy;
  }

  create(session: NewSession, epoch: string): void {
    const nothing = { upTo: 0, pending: [] };
    this.sessions.set(session.sessionId, {
      ...session,
      epoch,
      fence: 1,
      detachedAt: undefined,
      broken: false,
      outgoing: [],
      received: nothing,
      acknowledged: nothing,
      note: undefined,
    });
  }

  owned({ sessionId, fence }: Claim): ModelSession | undefined {
    const session = this.sessions.get(sessionId);
    return session?.fence === fence ? session : undefined;
  }

  attach(request: AttachRequest): unknown {
    const session = this.sessions.get(request.sessionId);
    if (session?.secret !== request.secret || session.principal !== request.principal)
      return { type: "refused" };
    if (request.attempt <= session.attempt) return { type: "stale" };
    const { receivedUpTo, firstHeld, epoch } = request;
    if (session.broken) return { type: "reset", reason: "overflow" };
    const fits =
      receivedUpTo >= session.acknowledged.upTo &&
      receivedUpTo <= session.outgoing.length &&
      firstHeld <= session.received.upTo + 1;
    if (!fits || epoch !== session.epoch) return { type: "reset", reason: "lost" };
    const news = session.outgoing
      .map(({ sequence }) => sequence)
      .filter((sequence) => sequence > session.acknowledged.upTo && sequence <= receivedUpTo);
    session.acknowledged = { upTo: receivedUpTo, pending: [...session.acknowledged.pending, ...news] };
    session.fence += 1;
    session.attempt = request.attempt;
    session.detachedAt = undefined;
    const { sessionId, fence, received, acknowledged, outgoing: out, note } = session;
    const outgoing = out.filter(({ sequence }) => sequence > receivedUpTo);
    return {
      type: "resumed",
      claim: { sessionId, epoch, fence },
      state: { received, acknowledged, lastSequence: out.length, unacknowledged: outgoing, note },
    };
  }

  /** The record can follow. */
  commit(
    claim: Claim,
    { outgoing: out = [], acknowledged, received, roomMessages: said = [], note, broken }: SessionCommit,
  ): unknown {
    const session = this.owned(claim);
    if (session === undefined) return false;
    session.outgoing.push(...out);
    session.acknowledged = acknowledged ?? session.acknowledged;
    session.received = received ?? session.received;
    session.note = note ?? session.note;
    session.broken ||= broken === true;
    return said.map(({ room, message, keep }) => this.say(room, message, keep));
  }

  say(name: string, message: RoomMessage, keep: Retention): unknown {
    const room = this.rooms.get(name) ?? { said: [], gone: 0 };
    this.rooms.set(name, room);
    room.keep = keep;
    room.said.push(message);
    const offset = room.said.length;
    room.gone = Math.max(room.gone, offset - keep.messages);
    this.age(name, message.at);
    return { offset, previous: offset - 1 };
  }

  /** Drops from the front while that is too old. */
  age(name: string, now: number): void {
    const room = this.rooms.get(name);
    if (room?.keep === undefined) return;
    for (const [index, { at }] of room.said.entries())
      if (index + 1 > room.gone) {
        if (now - at < room.keep.ms) break;
        room.gone = index + 1;
      }
  }

  read(name: string, after: number): unknown {
    const { said, gone } = this.rooms.get(name) ?? { said: [], gone: 0 };
    const entries = said
      .map((message, index) => ({ ...message, offset: index + 1, previous: index }))
      .filter(({ offset }) => offset > Math.max(after, gone));
    return { offset: said.length, entries, ...(after < gone && { gap: { from: after, to: gone } }) };
  }

  list(): readonly StoredSession[] {
    return Array.from(this.sessions.values(), (session) => {
      const {
        sessionId,
        epoch,
        fence,
        service,
        principal,
        clientId,
        detachedAt,
        broken,
        outgoing: out,
        acknowledged,
      } = session;
      const waiting = broken ? [] : out.filter(({ sequence }) => sequence > acknowledged.upTo);
      const bytes = waiting.reduce((sum, { data }) => sum + data.length, 0);
      return { claim: { sessionId, epoch, fence }, service, principal, clientId, detachedAt, bytes };
    });
  }
}
