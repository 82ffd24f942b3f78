import type { TracedFrame } from "../trace/trace.ts";
import type { Invariant } from "./invariant.ts";

/**
 * The latest setup of a conversation handles nothing that arrived only on a wire which was replaced before. A process that
 * has lost a session may not know it, but what its handlers send is not recorded (I4).
 */
export const I7: Invariant = {
  name: "I7",
  assertion: "A message that arrives on a replaced wire is not handled.",
  *violations(trace) {
    const newestWires = new Map<string, number>();
    let current = new Set<number>();
    const latestSetups = new Map<number, number>();
    const receivedOnCurrent = new Set<number>();
    const receivedOnReplaced = new Set<number>();
    for (const entry of trace.entries) {
      if (entry.type === "frameSent" && entry.by === "server" && entry.frame.t === "welcome") {
        newestWires.set(String(entry.frame["sid"]), entry.wire);
        current = new Set(newestWires.values());
      }
      if (entry.type === "setup") latestSetups.set(entry.conversation, entry.setup);
      const isHandled =
        entry.type === "handlerStarted" &&
        entry.by === "server" &&
        entry.setup === latestSetups.get(entry.conversation);
      if (isHandled && receivedOnReplaced.has(entry.n) && !receivedOnCurrent.has(entry.n))
        yield `the server handled ${entry.n}, which arrived only on a replaced wire`;
      if (entry.type !== "frameReceived" || entry.by !== "server") continue;
      const n = (entry.frame["data"] as { n?: number } | undefined)?.n;
      if (n !== undefined) (current.has(entry.wire) ? receivedOnCurrent : receivedOnReplaced).add(n);
    }
  },
};

/** A client joins one session after another, and never one that it had before. */
export const I9: Invariant = {
  name: "I9",
  assertion: "A session that was replaced or has ended never resumes.",
  *violations(trace) {
    for (const client of trace.clients) {
      const seen = new Set<string>();
      for (const { peerId } of trace.sessionsOf(client)) {
        if (seen.has(peerId)) yield `client ${client} joined the session of peer ${peerId.slice(0, 8)} again`;
        seen.add(peerId);
      }
    }
    for (const { conversation, setup, index } of trace.all("resumed"))
      if (trace.all("tornDown").some((end) => end.setup === setup && end.index < index))
        yield `conversation ${conversation} resumed after its end`;
  },
};

/** An attacker has no effect on a client: the server never closes the client's newest wire as superseded. */
export const I10: Invariant = {
  name: "I10",
  assertion: "A refused hello changes nothing.",
  *violations(trace) {
    for (const { wire, by, code, index } of trace.all("closed")) {
      if (by !== "client" || code !== 4900) continue;
      const client = trace.all("dial").find((dial) => dial.wire === wire)?.client;
      const hasNewer = trace
        .all("dial")
        .some((dial) => dial.client === client && dial.wire > wire && dial.index < index);
      if (client !== undefined && !hasNewer)
        yield `wire ${wire} of client ${client} was superseded, but the client has no newer wire`;
    }
  },
};

/**
 * An attacker never gets a session that a client has joined. One exception: if the server has not received a `hello`
 * because the wire broke, an attacker who overheard it may be the first to send it. TLS prevents that.
 */
export const I15: Invariant = {
  name: "I15",
  assertion: "A session is resumed only by its principal, and by each hello only once.",
  *violations(trace) {
    const attackerWires = new Set(trace.all("dial").flatMap((dial) => (dial.client ? [] : [dial.wire])));
    const genuineHellos = new Set<string>();
    const helloOnWire = new Map<number, TracedFrame>();
    const sessions = new Map<string, { ownerWire?: number; attempt: number }>();
    for (const { by, wire, frame } of trace.all("frameSent")) {
      if (by === "client" && frame.t === "hello") {
        helloOnWire.set(wire, frame);
        if (!attackerWires.has(wire)) genuineHellos.add(JSON.stringify(frame));
      }
      if (by !== "server" || frame.t !== "welcome") continue;
      const sessionId = String(frame["sid"]);
      const hello = helloOnWire.get(wire);
      const attempt = Number(hello?.["att"] ?? 0);
      const session = sessions.get(sessionId) ?? { attempt: 0 };
      sessions.set(sessionId, session);
      const isUnusedHello = genuineHellos.has(JSON.stringify(hello)) && attempt > session.attempt;
      if (!attackerWires.has(wire)) session.ownerWire ??= wire;
      else if (session.ownerWire !== undefined && !isUnusedHello)
        yield `an attacker on wire ${wire} joined the session of wire ${session.ownerWire}`;
      session.attempt = Math.max(session.attempt, attempt);
    }
  },
};

/** Looks at attackers without an account, who have a session all the same. */
export const I27: Invariant = {
  name: "I27",
  assertion: "The server closes a session without a principal that sends a token.",
  *violations(trace) {
    const received = trace.all("frameReceived").filter(({ by }) => by === "server");
    const anonymous = new Set<number>();
    for (const { wire, frame, at } of received) {
      if (frame.t === "hello" && frame["auth"] === undefined) anonymous.add(wire);
      if (frame.t !== "auth" || !anonymous.has(wire)) continue;
      const isClosed = trace
        .all("closing")
        .some((close) => close.wire === wire && close.code === 4403 && close.at === at);
      if (!isClosed) yield `the server did not close wire ${wire}, on which a token arrived`;
    }
  },
};

/** How long a process may take to learn that a principal was revoked, in ms; and if the store may lose the notice. */
const revokeTime = { reported: 1_000, lost: 8_000 };

/** Looks at wires that were open at a server when the principal was revoked. */
export const I30: Invariant = {
  name: "I30",
  assertion:
    "Every process closes the clients of a revoked principal within a second, or a beat if no notice arrives.",
  *violations(trace) {
    const cutOff = trace.all("fault").filter(({ fault }) => fault === "node without store");
    const limit = trace.settings.store.losesNotices ? revokeTime.lost : revokeTime.reported;
    const settled = trace.all("settled")[0]?.at ?? 0;
    for (const { client, at, index } of trace.all("revoked")) {
      // A process that does not reach its store learns nothing; and the world may end before.
      if (cutOff.some((fault) => fault.at < at + limit) || at + limit > settled) continue;
      const wires = trace.all("dial").filter((dial) => dial.client === client && dial.index < index);
      for (const { wire } of wires) {
        const isOpen = trace
          .all("frameSent")
          .some(
            (sent) =>
              sent.wire === wire && sent.by === "server" && sent.frame.t === "welcome" && sent.index < index,
          );
        const closes = [
          ...trace.all("closing").filter((close) => close.wire === wire),
          ...trace.all("closed").filter((close) => close.wire === wire && close.by === "server"),
        ];
        if (isOpen && !closes.some((close) => close.at <= at + limit))
          yield `wire ${wire} of client ${client} is open ${limit} ms after its principal was revoked`;
      }
    }
  },
};
