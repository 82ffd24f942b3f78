import { endsOf, type Ledger } from "../trace/trace-index.ts";
import type { Invariant } from "./invariant.ts";

/** Seen on the wire: an ack is compared with the events it covers, whose handlers write down when they have settled. */
export const I5: Invariant = {
  name: "I5",
  says: "What is acknowledged has been handled.",
  *broken(ledger) {
    const events = new Set(ledger.all("said").flatMap(({ n, kind }) => (kind === "event" ? [n] : [])));
    for (const { by, place, finished } of ledger.acks)
      for (const n of finished.filter((one) => events.has(one))) {
        const [done] = ledger.of("handled", n).filter((one) => one.by === by);
        if (!done || done.place > place) yield `the ${by} acknowledged ${n} before it was handled`;
      }
  },
};

/** Credit follows from acks: a sender knows `w` of the other half, and what it has been told is finished. */
export const I11: Invariant = {
  name: "I11",
  says: "Acks never go back nor beyond what arrived, and nobody sends beyond credit.",
  *broken(ledger) {
    const acked = new Map<string, number>();
    const arrived = new Map<string, number>();
    const windows = windowsOf(ledger);
    const open = new Map<string, Set<number>>();
    for (const { is, by, end, across, frame } of ledger.frames) {
      if (is === "got") {
        if (frame.s !== undefined) arrived.set(end, Math.max(frame.s, arrived.get(end) ?? 0));
        if (frame.a === undefined) continue;
        const unfinished = open.get(end);
        for (const s of unfinished ?? []) if (s <= frame.a && !frame.but?.includes(s)) unfinished?.delete(s);
        continue;
      }
      if (frame.a !== undefined) {
        if (frame.a < (acked.get(end) ?? 0))
          yield `the ${by} acknowledged ${frame.a} after ${acked.get(end)}`;
        if (frame.a > (arrived.get(end) ?? 0))
          yield `the ${by} acknowledged ${frame.a}, but only ${arrived.get(end) ?? 0} had arrived`;
        acked.set(end, frame.a);
      }
      if (frame.t !== "event" || frame.s === undefined) continue;
      const unfinished = open.get(end) ?? new Set();
      open.set(end, unfinished.add(frame.s));
      const window = windows.get(across) ?? Infinity;
      if (unfinished.size > window)
        yield `the ${by} sent ${unfinished.size} events where ${window} may be open`;
    }
  },
};

/** How many events each half of a session takes, by its own word. */
function windowsOf(ledger: Ledger): Map<string, number> {
  const windows = new Map<string, number>();
  const hellos = new Map<number, number>();
  for (const { line, frame } of ledger.all("put")) {
    const w = Number(frame["w"] ?? Infinity);
    if (frame.t === "hello") hellos.set(line, w);
    if (frame.t !== "welcome") continue;
    const { client, server } = endsOf(String(frame["sid"]));
    windows.set(server, w);
    windows.set(client, hellos.get(line) ?? Infinity);
  }
  return windows;
}

/**
 * What is seen is that nothing is handled, by the process that welcomed it last, of what came on a socket only after a newer
 * one of its session was welcomed. A process that has lost it does not know, but nothing comes of what it does (I4).
 */
export const I7: Invariant = {
  name: "I7",
  says: "What comes from a socket that was replaced changes nothing.",
  *broken(ledger) {
    const newest = new Map<string, number>();
    let lines = new Set<number>();
    const lives = new Map<number, number>();
    const fresh = new Set<number>();
    const stale = new Set<number>();
    for (const entry of ledger.entries) {
      if (entry.is === "put" && entry.by === "server" && entry.frame.t === "welcome") {
        newest.set(String(entry.frame["sid"]), entry.line);
        lines = new Set(newest.values());
      }
      if (entry.is === "setup") lives.set(entry.conv, entry.life);
      const handling =
        entry.is === "handling" && entry.by === "server" && entry.life === lives.get(entry.conv);
      if (handling && stale.has(entry.n) && !fresh.has(entry.n))
        yield `${entry.n} was handled, though it only came on a socket that was replaced`;
      if (entry.is !== "got" || entry.by !== "server") continue;
      const n = (entry.frame["data"] as { n?: number } | undefined)?.n;
      if (n !== undefined) (lines.has(entry.line) ? fresh : stale).add(n);
    }
  },
};

/** So many events may be on the wire whatever the bound: what the server grants. */
const window = 64;

/** Looks at what is public: which events of a client have no outcome yet. */
export const I12: Invariant = {
  name: "I12",
  says: "No buffer holds more than its bound.",
  *broken(ledger) {
    const { full, ...outbox } = ledger.settings.client.outbox;
    const messages = Math.max(outbox.messages, window);
    const held = new Map<number, Set<number>>();
    for (const entry of ledger.entries) {
      if (entry.is === "said" && entry.by === "client" && entry.kind === "event" && entry.client)
        held.set(entry.client, (held.get(entry.client) ?? new Set()).add(entry.n));
      if (entry.is === "outcome") for (const one of held.values()) one.delete(entry.n);
      if (entry.is !== "put" || full === "wait") continue;
      for (const [client, { size }] of held)
        if (size > messages) yield `client ${client} holds ${size} events, ${messages} are allowed`;
    }
  },
};
