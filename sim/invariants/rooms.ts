import type { TraceIndex } from "../trace/trace-index.ts";
import type { Invariant } from "./invariant.ts";

/** Looks at the client's handlers. A message that arrived before a reset may wait for a slow handler until after it. */
export const I16: Invariant = {
  name: "I16",
  assertion: "A client handles the room's messages in order; if some are missing, it emits a gap or a reset.",
  *violations(trace) {
    const positions = roomPositions(trace);
    const receivedAt = new Map<number, number>();
    for (const { by, frame, index } of trace.all("frameReceived")) {
      const n = (frame["data"] as { n?: number } | undefined)?.n;
      if (by === "client" && n !== undefined && !receivedAt.has(n)) receivedAt.set(n, index);
    }
    for (const client of trace.clients) {
      const handled = trace
        .all("handlerStarted")
        .filter((call) => call.by === "client" && call.client === client && positions.has(call.n));
      const notices = noticesOf(trace, client);
      for (const [at, { n, index }] of handled.entries()) {
        const before = handled[at - 1];
        if (!before) continue;
        const [from = 0, to = 0] = [positions.get(before.n), positions.get(n)];
        if (from > to) yield `client ${client} handled ${n} after ${before.n}`;
        const missing = [...positions.keys()].slice(from + 1, to);
        const since = receivedAt.get(before.n) ?? 0;
        const hasNotice = notices.some((notice) => notice.index > since && notice.index < index);
        if (missing.length > 0 && !hasNotice)
          yield `client ${client} missed ${missing.join(", ")} in the room, without a gap or a reset`;
      }
    }
  },
};

/** Looks at attackers with an account of their own: they are in the room from their setup on. */
export const I25: Invariant = {
  name: "I25",
  assertion: "A member receives nothing from before it joined a room, unless it proves that it was a member.",
  *violations(trace) {
    const frames = trace.all("frameSent").filter(({ by }) => by === "server");
    const epochs = new Map<number, string>();
    /** The newest offset of each epoch, as far as the server has sent it. */
    const newest = new Map<string, number>();
    const starts = trace.all("setup").filter(({ client }) => client === undefined);
    const minimal = new Map<number, ReadonlyMap<string, number>>();
    for (const { wire, frame, index } of frames) {
      for (const start of starts)
        if (start.index < index && !minimal.has(start.wire)) minimal.set(start.wire, new Map(newest));
      const { ep } = frame as { readonly ep?: string };
      if (frame.t === "room" && ep !== undefined) {
        epochs.set(wire, ep);
        const from = minimal.get(wire)?.get(ep) ?? 0;
        if (Number(frame["off"]) < from)
          yield `an attacker on wire ${wire} joined the room at ${String(frame["off"])}, and ${from} was sent before`;
      }
      const epoch = epochs.get(wire);
      if (frame.t === "said" && epoch !== undefined)
        newest.set(epoch, Math.max(newest.get(epoch) ?? 0, Number(frame["o"])));
    }
  },
};

/** Looks at the first setup of a conversation, and at what the same process sends in the room right after it. */
export const I26: Invariant = {
  name: "I26",
  assertion:
    "A member receives what is sent in a room after it joined, unless a gap or a reset reports a loss.",
  *violations(trace) {
    const positions = roomPositions(trace);
    const sent = trace.all("sent").filter(({ kind, n }) => kind === "room" && positions.has(n));
    const known = new Set<number>();
    for (const { conversation, client, process, index } of trace.all("setup")) {
      const isFirst = !known.has(conversation);
      known.add(conversation);
      const first = sent.find((one) => one.process === process && one.index > index);
      if (!isFirst || client === undefined || first === undefined) continue;
      const start = positions.get(first.n) ?? 0;
      const next = trace
        .all("handlerStarted")
        .find(
          (call) =>
            call.by === "client" &&
            call.client === client &&
            call.index > index &&
            (positions.get(call.n) ?? -1) >= start,
        );
      if (next === undefined || next.n === first.n) continue;
      // A client that never learned of the conversation joins the room once more.
      const restarts = trace.all("setup").filter((one) => one.client === client);
      const excuses = [...noticesOf(trace, client), ...restarts];
      if (!excuses.some((one) => one.index > index && one.index < next.index))
        yield `client ${client} joined the room before ${first.n}, and its first message was ${next.n}`;
    }
  },
};

/** How long the server has sent nothing in the room when all is quiet, in ms: the wire of a client may be slow. */
const quietTime = 2_000;

/** Looks at what the server sent to each client that has received a message of the room: others may not know that they joined. */
export const I28: Invariant = {
  name: "I28",
  assertion: "When all is quiet, a member has been sent every message of its room.",
  *violations(trace) {
    const [settled] = trace.all("settled");
    const positions = roomPositions(trace);
    const sentBefore = roomMessages(trace).filter(({ index }) => index < Number(settled?.index));
    const newest = Math.max(...sentBefore.map(({ n }) => positions.get(n) ?? 0));
    for (const client of trace.clients) {
      const wires = new Set(trace.all("dial").flatMap((dial) => (dial.client === client ? [dial.wire] : [])));
      const last = trace
        .all("frameSent")
        .findLast(({ frame, wire }) => frame.t === "said" && wires.has(wire));
      const closed = trace.all("clientClosed").find((one) => one.client === client);
      const knowsRoom = trace
        .all("frameReceived")
        .some(({ by, frame, wire }) => by === "client" && frame.t === "said" && wires.has(wire));
      if (!knowsRoom || last === undefined || closed === undefined || closed.at - last.at < quietTime)
        continue;
      const { n } = last.frame["data"] as { readonly n: number };
      if ((positions.get(n) ?? Infinity) >= newest) continue;
      if (noticesOf(trace, client).some(({ index }) => index > last.index)) continue;
      yield `the server sent ${n} to client ${client} as the last message of the room, and others followed it`;
    }
  },
};

/** The position of each message of the room in the room's order. */
function roomPositions(trace: TraceIndex): ReadonlyMap<number, number> {
  const order = new Set(roomMessages(trace).map(({ n }) => n));
  return new Map(Array.from(order, (n, position) => [n, position]));
}

/** With a store its order is the room's order, and a message that the store did not append was not sent. */
function roomMessages(trace: TraceIndex): readonly { readonly n: number; readonly index: number }[] {
  const hasStore = trace.settings.store.type !== "none";
  return hasStore ? trace.all("appended") : trace.all("sent").filter(({ kind }) => kind === "room");
}

/** What reported to a client that messages are missing. */
function noticesOf(trace: TraceIndex, client: number) {
  return [...trace.all("reset"), ...trace.all("gap")].filter((one) => one.client === client);
}
