/** What a store should hold, written as plainly as it can be: everything that ever happened, and nothing thrown away. */
import type {
  AttachRequest,
  Claim,
  Commit,
  Keep,
  NewSession,
  RoomMessage,
  StoredSession,
} from "../../src/store/store.ts";

interface ModelSession extends Omit<NewSession, "att"> {
  att: number;
  ep: string;
  fence: number;
  since: number | undefined;
  broken: boolean;
  /** Every message there ever was. */
  out: { s: number; data: Commit["note"] & {} }[];
  received: { upTo: number; but: readonly number[] };
  acked: { upTo: number; but: readonly number[] };
  note: Commit["note"];
}

/** Sessions and rooms, as lists of everything. */
export class Model {
  sessions = new Map<string, ModelSession>();
  /** Everything ever said in a room, and the offset at or below which it is gone. */
  rooms = new Map<string, { said: RoomMessage[]; gone: number; keep?: Keep }>();

  /** The epoch of each room that was asked for. */
  epochs = new Map<string, string>();

  copy(): Model {
    const copy = new Model();
    copy.sessions = structuredClone(this.sessions);
    copy.rooms = structuredClone(this.rooms);
    copy.epochs = new Map(this.epochs);
    return copy;
  }

  create(session: NewSession, ep: string): void {
    const nothing = { upTo: 0, but: [] };
    this.sessions.set(session.sid, {
      ...session,
      ep,
      fence: 1,
      since: undefined,
      broken: false,
      out: [],
      received: nothing,
      acked: nothing,
      note: undefined,
    });
  }

  owned({ sid, fence }: Claim): ModelSession | undefined {
    const session = this.sessions.get(sid);
    return session?.fence === fence ? session : undefined;
  }

  attach(request: AttachRequest): unknown {
    const session = this.sessions.get(request.sid);
    if (session?.secret !== request.secret || session.principal !== request.principal)
      return { is: "refused" };
    if (request.att <= session.att) return { is: "stale" };
    const { rx, tx0, ep } = request;
    if (session.broken) return { is: "reset", why: "overflow" };
    const fits = rx >= session.acked.upTo && rx <= session.out.length && tx0 <= session.received.upTo + 1;
    if (!fits || ep !== session.ep) return { is: "reset", why: "lost" };
    const news = session.out.map(({ s }) => s).filter((s) => s > session.acked.upTo && s <= rx);
    session.acked = { upTo: rx, but: [...session.acked.but, ...news] };
    session.fence += 1;
    session.att = request.att;
    session.since = undefined;
    const { sid, fence, received, acked, out, note } = session;
    const outgoing = out.filter(({ s }) => s > rx);
    return {
      is: "resumed",
      claim: { sid, ep, fence },
      state: { received, acked, out: out.length, outgoing, note },
    };
  }

  /** The record can follow. */
  commit(claim: Claim, { out = [], acked, received, said = [], note, broken }: Commit): unknown {
    const session = this.owned(claim);
    if (session === undefined) return false;
    session.out.push(...out);
    session.acked = acked ?? session.acked;
    session.received = received ?? session.received;
    session.note = note ?? session.note;
    session.broken ||= broken === true;
    return said.map(({ room, message, keep }) => this.say(room, message, keep));
  }

  say(name: string, message: RoomMessage, keep: Keep): unknown {
    const room = this.rooms.get(name) ?? { said: [], gone: 0 };
    this.rooms.set(name, room);
    room.keep = keep;
    room.said.push(message);
    const off = room.said.length;
    room.gone = Math.max(room.gone, off - keep.messages);
    this.age(name, message.at);
    return { off, prev: off - 1 };
  }

  /** Drops from the front while that is too old. */
  age(name: string, now: number): void {
    const room = this.rooms.get(name);
    if (room?.keep === undefined) return;
    for (const [index, { at }] of room.said.entries())
      if (index + 1 > room.gone) {
        if (now - at < room.keep.seconds * 1_000) break;
        room.gone = index + 1;
      }
  }

  read(name: string, after: number): unknown {
    const { said, gone } = this.rooms.get(name) ?? { said: [], gone: 0 };
    const entries = said
      .map((message, index) => ({ ...message, off: index + 1, prev: index }))
      .filter(({ off }) => off > Math.max(after, gone));
    return { off: said.length, entries, ...(after < gone && { gap: { from: after, to: gone } }) };
  }

  list(): readonly StoredSession[] {
    return Array.from(this.sessions.values(), (session) => {
      const { sid, ep, fence, service, principal, cid, since, broken, out, acked } = session;
      const waiting = broken ? [] : out.filter(({ s }) => s > acked.upTo);
      const size = waiting.reduce((size, { data }) => size + data.length, 0);
      return { claim: { sid, ep, fence }, service, principal, cid, since, size };
    });
  }
}
