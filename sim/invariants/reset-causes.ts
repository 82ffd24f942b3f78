import { peerIdOf } from "../trace/frames.ts";
import type { EntryOf, TraceIndex } from "../trace/trace-index.ts";
import type { Invariant } from "./invariant.ts";

/**
 * The causes of a reset: the server starts without the session, the client was disconnected for longer than `grace`, its
 * principal was revoked, or the server had more messages to send than it keeps. A conversation that its client has joined needs a cause to end. If
 * the store failed, or another process took the session over, the conversation ends here and may go on elsewhere.
 */
export const I24: Invariant = {
  name: "I24",
  assertion: "No session ends or is reset without a cause.",
  *violations(trace) {
    yield* endsWithoutCause(trace);
    yield* resetsWithoutCause(trace);
  },
};

type Indexed = { readonly index: number };

function* endsWithoutCause(trace: TraceIndex): Generator<string> {
  for (const end of trace.all("tornDown")) {
    const { conversation, setup, index } = end;
    const first = trace.all("setup").find((one) => one.conversation === conversation);
    const client = first?.client;
    if (lostByProcess(trace, setup, index) || !wasAccepted(trace, setup)) continue;
    if (wasRevoked(trace, client, index)) continue;
    const joined =
      client !== undefined && trace.sessionsOf(client).some((one) => one.peerId === first?.peerId);
    if (!joined || trace.isClosed(client, index) || overflowed(trace, conversation)) continue;
    if (!expired(trace, end) && !evicted(trace, setup))
      yield `conversation ${conversation} ended without a cause`;
  }
}

function* resetsWithoutCause(trace: TraceIndex): Generator<string> {
  for (const { client, reason, index } of trace.all("reset")) {
    const [previous] = trace
      .sessionsOf(client)
      .filter((one) => one.index < index)
      .slice(-2);
    const setup = trace.all("setup").find(({ peerId }) => peerId === previous?.peerId);
    if (!setup) continue;
    const { conversation } = setup;
    const storeWasEmptied = trace
      .all("processStarted")
      .some(
        ({ history, ...start }) => history !== "kept" && start.index > setup.index && start.index < index,
      );
    const hasEnded = trace
      .all("ended")
      .filter((end) => end.conversation === conversation && end.index < index)
      .some((end) => !lostByProcess(trace, end.setup, end.index) || expired(trace, end));
    if (storeWasEmptied || hasEnded || overflowed(trace, conversation)) continue;
    if (wasRevoked(trace, client, index)) continue;
    if (unrecorded(trace, conversation, index) || expiredBetweenProcesses(trace, conversation, index))
      continue;
    yield `client ${client} was reset (${reason}) without a cause`;
  }
}

function wasRevoked(trace: TraceIndex, client: number | undefined, index: number): boolean {
  return trace.all("revoked").some((revoked) => revoked.client === client && revoked.index < index);
}

/** Whether the client of a setup was accepted. While the store answers late it may have gone before. */
function wasAccepted(trace: TraceIndex, setup: number): boolean {
  const wire = trace.all("setup").find((one) => one.setup === setup)?.wire;
  return trace.all("frameSent").some((sent) => sent.wire === wire && sent.by === "server");
}

/** Whether a setup lost its session before `index`: the store failed, or another process or a later setup took it over. */
function lostByProcess(trace: TraceIndex, setup: number, index: number): boolean {
  const own = trace.all("setup").find((one) => one.setup === setup);
  const start = trace.all("frameReceived").find(({ wire, by }) => wire === own?.wire && by === "server");
  const isWithin = (one: Indexed): boolean => one.index > (start?.index ?? 0) && one.index < index;
  if (trace.all("storeFailed").some(isWithin)) return true;
  if (trace.all("processEnded").some(isWithin) && clientReturned(trace, own, isWithin)) return true;
  if (trace.settings.nodes > 1 && clientReturned(trace, own, isWithin)) return true;
  const replacement = trace.all("fault").find((one) => one.fault === "replaced server" && isWithin(one));
  if (
    replacement &&
    clientReturned(trace, own, (hello) => isWithin(hello) && hello.index > replacement.index)
  )
    return true;
  const dialed = new Set(trace.all("dial").flatMap((dial) => (dial.index < index ? [dial.wire] : [])));
  // The client has dialed again, and the later setup waits for the end of this one.
  return trace
    .all("setup")
    .some((one) => one.conversation === own?.conversation && one.setup > setup && dialed.has(one.wire));
}

/**
 * Whether the client of a setup asked to resume the session within a range of the trace. The process that then took the
 * session over need not have had the time to trace that.
 */
function clientReturned(
  trace: TraceIndex,
  setup: EntryOf<"setup"> | undefined,
  isWithin: (hello: Indexed) => boolean,
): boolean {
  const wires = new Set(
    trace.all("dial").flatMap(({ client, wire }) => (client === setup?.client ? [wire] : [])),
  );
  return trace.all("frameReceived").some((received) => {
    const { t, resume } = received.frame;
    const { sid } = Object(resume) as { readonly sid?: unknown };
    return t === "hello" && peerIdOf(sid) === setup?.peerId && wires.has(received.wire) && isWithin(received);
  });
}

/**
 * Whether the client was disconnected for `grace`, though processes may have ended and started meanwhile. The wall clock
 * measures how much time passed between two processes, and it may have jumped ahead.
 */
function expiredBetweenProcesses(trace: TraceIndex, conversation: number, index: number): boolean {
  const isBefore = (one: Indexed): boolean => one.index < index;
  const isOwn = (one: { readonly conversation: number }): boolean => one.conversation === conversation;
  const connected = [...trace.all("setup"), ...trace.all("resumed")].filter(isOwn);
  const lastConnected = Math.max(...connected.filter(isBefore).map((one) => one.index));
  const disconnected = [...trace.all("detached").filter(isOwn), ...trace.all("processStarted")]
    .filter((one) => isBefore(one) && one.index > lastConnected)
    .map(({ at }) => at);
  const { at = 0 } = trace.entries[index] ?? {};
  const since = Math.min(...disconnected);
  const jumpsAhead = trace
    .all("clockJump")
    .filter((jump) => jump.machine === "server" && jump.ms > 0 && jump.at >= since && isBefore(jump));
  const elapsed = jumpsAhead.reduce((sum, { ms }) => sum + ms, at - since);
  return elapsed >= trace.settings.app.sessions.grace;
}

/** The credit of a client: so many events may be unacknowledged. The store records no event beyond it. */
const clientCredit = 256;

/** Whether a process ended while the server had sent more events than the client's credit covered. */
function unrecorded(trace: TraceIndex, conversation: number, index: number): boolean {
  return trace.all("processEnded").some((end) => {
    if (end.index > index) return false;
    const pending = trace
      .all("sent")
      .filter((one) => one.conversation === conversation && one.kind === "event" && one.index < end.index)
      .filter(({ n }) => !trace.about("outcome", n).some((outcome) => outcome.index < end.index));
    return pending.length >= clientCredit;
  });
}

/** Whether a session ended because more than `maxDetached` sessions were detached. */
function evicted(trace: TraceIndex, setup: number): boolean {
  const ended = trace.all("ended").find((one) => one.setup === setup);
  const detached = new Set<number>();
  for (const change of [...trace.all("detached"), ...trace.all("resumed"), ...trace.all("ended")]
    .filter(({ index }) => index < (ended?.index ?? 0))
    .sort((a, b) => a.index - b.index)) {
    if (change.type === "detached") detached.add(change.setup);
    else detached.delete(change.setup);
  }
  return detached.has(setup) && detached.size > trace.settings.app.sessions.maxDetached;
}

/** Whether the session was detached for `grace` by the server's clock; sums of fractions may lose a little. */
function expired(trace: TraceIndex, { conversation, clock, index }: EntryOf<"ended" | "tornDown">): boolean {
  const detached = trace
    .all("detached")
    .findLast((one) => one.conversation === conversation && one.index < index);
  return detached !== undefined && clock - detached.clock > trace.settings.app.sessions.grace - 0.001;
}

/** Whether the server had as many undelivered messages as it keeps when the session ended. */
function overflowed(trace: TraceIndex, conversation: number): boolean {
  const { messages } = trace.settings.app.sessions;
  return trace
    .all("ended")
    .some((end) => end.conversation === conversation && Number(end.undelivered) >= messages);
}
