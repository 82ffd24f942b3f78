import type { EntryOf, TraceIndex } from "../trace/trace-index.ts";
import type { Invariant } from "./invariant.ts";

/** Events are compared by their numbers. On the wire no sequence is used before the one below it. */
export const I1: Invariant = {
  name: "I1",
  assertion: "Messages of a session are handled in the order in which they were sent.",
  *violations(trace) {
    yield* reorderedEvents(trace);
    yield* reorderedItems(trace);
    yield* skippedSequences(trace);
  },
};

function* reorderedEvents(trace: TraceIndex): Generator<string> {
  for (const { by, conversation, events } of trace.handledEvents()) {
    const handled = new Set<number>();
    let highest = 0;
    const latestOfSetup = new Map<number, number>();
    for (const { n, setup = 0 } of events) {
      // Events that a new setup handles again must be in order too.
      const before = Math.max(latestOfSetup.get(setup) ?? 0, handled.has(n) ? 0 : highest);
      if (before > n) yield `the ${by} handled ${n} after ${before} in conversation ${conversation}`;
      latestOfSetup.set(setup, n);
      handled.add(n);
      highest = Math.max(highest, n);
    }
  }
}

function* reorderedItems(trace: TraceIndex): Generator<string> {
  const last = new Map<string, number>();
  for (const { by, n, i, upload, setup } of trace.all("itemRead")) {
    const key = `${by} ${n} ${upload} ${setup}`;
    const next = (last.get(key) ?? -1) + 1;
    if (i !== next) yield `the ${by} read item ${i} of stream ${n}, but item ${next} was next`;
    last.set(key, Math.max(i, last.get(key) ?? -1));
  }
}

function* skippedSequences(trace: TraceIndex): Generator<string> {
  const highest = new Map<string, number>();
  for (const { type, by, end, frame } of trace.frames) {
    if (type !== "frameSent" || frame.s === undefined) continue;
    const high = highest.get(end) ?? 0;
    if (frame.s > high + 1) yield `the ${by} used sequence ${frame.s} right after ${high}`;
    if (frame.s > high) highest.set(end, frame.s);
  }
}

/**
 * The application never sends the same message twice, so no message may be handled twice, not even after a reset. The
 * exception: if the server loses a session and restores it from a store, it calls handlers again, with the same message
 * key, for messages that it had not acknowledged. A session that moves between processes that live is not lost.
 */
export const I2: Invariant = {
  name: "I2",
  assertion: "No message is handled twice.",
  *violations(trace) {
    const seen = new Map<string, EntryOf<"handlerStarted">>();
    for (const entry of trace.all("handlerStarted")) {
      const { by, n, client, conversation, setup, key } = entry;
      const before = seen.get(`${by} ${n} ${client}`);
      seen.set(`${by} ${n} ${client}`, entry);
      if (!before) continue;
      const acknowledged = trace.acknowledgedAt(by, n);
      if (by === "client" || before.conversation !== conversation || before.setup === setup)
        yield `the ${by} handled ${n} again in conversation ${conversation}`;
      else if (acknowledged !== undefined && acknowledged < startOf(trace, setup))
        yield `the ${by} handled ${n} again, though it had acknowledged it`;
      else if (movedInPeace(trace, before, entry))
        yield `the ${by} handled ${n} again, though the process that handled it was there when the session moved`;
      else if (before.key !== key) yield `message ${n} has the key ${key} now, and had ${before.key} before`;
    }
  },
};

/** From this latency of the store on, a process that is asked for a session may answer too late, in ms. */
const slowStore = 100;

/**
 * Whether a process had every chance to finish a message before its session moved to another one. A session with an open
 * call to its client is not released.
 */
function movedInPeace(
  trace: TraceIndex,
  before: EntryOf<"handlerStarted">,
  { conversation, index }: EntryOf<"handlerStarted">,
): boolean {
  const { nodes, store } = trace.settings;
  if (nodes === 1 || store.losesNotices || store.maxLatency >= slowStore) return false;
  const isFault = trace
    .all("fault")
    .some(
      ({ fault, ...one }) => ["node without store", "slow handlers"].includes(fault) && one.index < index,
    );
  const hasDied = trace.all("processEnded").some((end) => end.index > before.index && end.index < index);
  const hasOpenCall = trace
    .all("sent")
    .filter((one) => one.by === "server" && one.conversation === conversation && one.index < index)
    .filter(({ kind }) => kind === "request" || kind === "stream")
    .some(({ n }) => !trace.about("outcome", n).some((outcome) => outcome.index < before.index));
  return !isFault && !hasDied && !hasOpenCall;
}

function startOf(trace: TraceIndex, setup: number | undefined): number {
  return trace.all("setup").find((one) => one.setup === setup)?.index ?? 0;
}

/** Only events wait for each other. The messages that handlers send in a room show what the store recorded. */
export const I4: Invariant = {
  name: "I4",
  assertion:
    "An event is handled after the one before it, and what its handler sends in a room is sent once.",
  *violations(trace) {
    for (const { by, conversation, events } of trace.handledEvents()) {
      const latestOfSetup = new Map<number, EntryOf<"handlerStarted">>();
      for (const entry of events) {
        const { n, index, setup = 0 } = entry;
        const before = latestOfSetup.get(setup);
        latestOfSetup.set(setup, entry);
        if (!before || before.n === n) continue;
        const settled = trace.about("handlerSettled", before.n).find((one) => (one.setup ?? 0) === setup);
        if (!settled || settled.index > index)
          yield `the ${by} handled ${n} in conversation ${conversation} while it still handled ${before.n}`;
      }
    }
    yield* roomEffects(trace);
  },
};

function* roomEffects(trace: TraceIndex): Generator<string> {
  const causes = new Map(trace.all("sent").flatMap(({ n, cause }) => (cause ? [[n, cause]] : [])));
  const effects = new Map<number, { readonly messages: Set<number>; readonly firstIndex: number }>();
  for (const { n, index } of trace.all("appended")) {
    const cause = causes.get(n);
    if (cause === undefined) continue;
    const effect = effects.get(cause) ?? { messages: new Set(), firstIndex: index };
    effect.messages.add(n);
    effects.set(cause, effect);
  }
  for (const cause of new Set(causes.values())) {
    const { messages, firstIndex } = effects.get(cause) ?? { messages: new Set(), firstIndex: Infinity };
    if (messages.size > 1) yield `the handler of ${cause} sent ${messages.size} messages in the room`;
    const acknowledged = trace.acknowledgedAt("server", cause);
    const succeeded = trace.about("handlerSettled", cause).some(({ result }) => result === "done");
    const isLate = acknowledged !== undefined && succeeded && acknowledged < firstIndex;
    if (isLate && !mayAppendLater(trace, firstIndex))
      yield `the server acknowledged ${cause} before the store appended what its handler sent in the room`;
    if (!succeeded && messages.size > 0)
      yield `the store appended what the handler of ${cause} sent in the room, though the handler did not succeed`;
  }
}

/** Whether the store may append a message after the commit that caused it. It must do so unless it loses what it has. */
function mayAppendLater(trace: TraceIndex, index: number): boolean {
  const { store } = trace.settings;
  if (store.type !== "memory" || !store.appendsLate) return false;
  return index < Infinity || trace.all("fault").some(({ fault }) => fault === "power loss");
}

/** A handler that a crash interrupted never settles, so only calls in the same process count. */
export const I8: Invariant = {
  name: "I8",
  assertion: "No two handlers of one process handle the same message at the same time.",
  *violations(trace) {
    for (const { by, n, client, index, setup } of trace.all("handlerStarted"))
      for (const before of trace.about("handlerStarted", n)) {
        if (before.by !== by || before.client !== client || before.index >= index) continue;
        if (trace.processOf(before.setup) !== trace.processOf(setup)) continue;
        const settled = trace
          .about("handlerSettled", n)
          .some((one) => one.setup === before.setup && one.index < index);
        if (!settled) yield `two handlers handle ${n} at the same time`;
      }
  },
};
