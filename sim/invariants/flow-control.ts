import { endsOf } from "../trace/frames.ts";
import type { TraceIndex } from "../trace/trace-index.ts";
import type { Invariant } from "./invariant.ts";

/** Compares each acknowledgement on a wire with the handlers of the events that it covers. */
export const I5: Invariant = {
  name: "I5",
  assertion: "An event is acknowledged only after its handler has settled.",
  *violations(trace) {
    const events = new Set(trace.all("sent").flatMap(({ n, kind }) => (kind === "event" ? [n] : [])));
    for (const { by, index, messages } of trace.acknowledgements)
      for (const n of messages.filter((message) => events.has(message))) {
        const [settled] = trace.about("handlerSettled", n).filter((one) => one.by === by);
        if (!settled || settled.index > index)
          yield `the ${by} acknowledged event ${n} before its handler settled`;
      }
  },
};

/** A sender's credit is the receiver's `w`, minus the events that are not acknowledged. */
export const I11: Invariant = {
  name: "I11",
  assertion:
    "Acknowledgements never decrease or exceed what was received, and no machine sends beyond its credit.",
  *violations(trace) {
    const acknowledged = new Map<string, number>();
    const received = new Map<string, number>();
    const credits = creditOfEnds(trace);
    const unacknowledged = new Map<string, Set<number>>();
    for (const { type, by, end, remoteEnd, frame } of trace.frames) {
      if (type === "frameReceived") {
        if (frame.s !== undefined) received.set(end, Math.max(frame.s, received.get(end) ?? 0));
        if (frame.a === undefined) continue;
        const open = unacknowledged.get(end);
        for (const sequence of open ?? [])
          if (sequence <= frame.a && !frame.but?.includes(sequence)) open?.delete(sequence);
        continue;
      }
      if (frame.a !== undefined) {
        if (frame.a < (acknowledged.get(end) ?? 0))
          yield `the ${by} acknowledged ${frame.a} after ${acknowledged.get(end)}`;
        if (frame.a > (received.get(end) ?? 0))
          yield `the ${by} acknowledged ${frame.a}, but had received only ${received.get(end) ?? 0}`;
        acknowledged.set(end, frame.a);
      }
      if (frame.t !== "event" || frame.s === undefined) continue;
      const open = unacknowledged.get(end) ?? new Set();
      unacknowledged.set(end, open.add(frame.s));
      const credit = credits.get(remoteEnd) ?? Infinity;
      if (open.size > credit)
        yield `the ${by} has ${open.size} unacknowledged events, but credit for ${credit}`;
    }
  },
};

/** How many unacknowledged events each end of a session accepts, by its `hello` or `welcome`. */
function creditOfEnds(trace: TraceIndex): Map<string, number> {
  const credits = new Map<string, number>();
  const ofHello = new Map<number, number>();
  for (const { wire, frame } of trace.all("frameSent")) {
    const credit = Number(frame["w"] ?? Infinity);
    if (frame.t === "hello") ofHello.set(wire, credit);
    if (frame.t !== "welcome") continue;
    const { client, server } = endsOf(String(frame["sid"]));
    credits.set(server, credit);
    credits.set(client, ofHello.get(wire) ?? Infinity);
  }
  return credits;
}

/** So many events may be under way whatever the outbox holds: the credit that the server grants. */
const serverCredit = 64;

/**
 * Counts what an application can see: the events of a client that have no outcome. An event that the full outbox refuses is
 * dropped at once, and its outcome follows two microtasks later.
 */
export const I12: Invariant = {
  name: "I12",
  assertion: "No outbox holds more messages than its limit.",
  *violations(trace) {
    const { outbox } = trace.settings.client;
    const limit = Math.max(outbox.messages, serverCredit);
    const refused = new Map(
      trace.all("outcome").flatMap(({ n, result, at }) => (result === "OUTBOX_FULL" ? [[n, at]] : [])),
    );
    const pending = new Map<number, Set<number>>();
    for (const entry of trace.entries) {
      if (entry.type === "sent" && refused.get(entry.n) === entry.at) continue;
      if (entry.type === "sent" && entry.by === "client" && entry.kind === "event" && entry.client)
        pending.set(entry.client, (pending.get(entry.client) ?? new Set()).add(entry.n));
      if (entry.type === "outcome") for (const events of pending.values()) events.delete(entry.n);
      if (entry.type !== "frameSent" || outbox.full === "wait") continue;
      for (const [client, { size }] of pending)
        if (size > limit) yield `client ${client} holds ${size} events, the limit is ${limit}`;
    }
  },
};
