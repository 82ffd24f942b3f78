import { intendedError, readLimit, streamLength } from "../app/message-rules.ts";
import type { EntryOf, TraceIndex } from "../trace/trace-index.ts";
import type { Invariant } from "./invariant.ts";

/** The errors of messages that were never sent. */
const unsentErrors = new Set(["OUTBOX_FULL", "BACKLOG_FULL"]);

/**
 * The end of a conversation may take its last messages with it, if a reset informs the client (I13) and an error the
 * sender (I14).
 */
export const I3: Invariant = {
  name: "I3",
  assertion: "Every message is handled, or its sender gets an error.",
  *violations(trace) {
    yield* settledButNotHandled(trace);
    yield* holes(trace);
    yield* lostItems(trace);
  },
};

function* settledButNotHandled(trace: TraceIndex): Generator<string> {
  for (const { n, kind, by } of trace.all("sent")) {
    const [outcome] = trace.about("outcome", n);
    if (kind === "room" || outcome === undefined || !["done", intendedError].includes(outcome.result))
      continue;
    const settled = trace.about("handlerSettled", n);
    if (!settled.some(({ result, index }) => result === outcome.result && index < outcome.index))
      yield `${kind} ${n} of the ${by} settled (${outcome.result}), but no handler had settled with that result`;
  }
}

/** In one conversation, all events between two handled events were handled too. */
function* holes(trace: TraceIndex): Generator<string> {
  const events = trace.all("sent").filter(({ kind }) => kind === "event");
  const clients = new Map(trace.all("setup").map(({ conversation, client }) => [conversation, client]));
  for (const { by, conversation, events: handledEvents } of trace.handledEvents()) {
    const client = clients.get(conversation);
    const numbers = handledEvents.map(({ n }) => n);
    const last = Math.max(...numbers);
    // A client may go on in another session with events of the one before; the server sends each event in one session.
    const first = by === "client" ? 0 : Math.min(...numbers);
    const handled = new Set(numbers);
    for (const event of events) {
      const isHere =
        event.by !== by && (by === "client" ? event.conversation === conversation : event.client === client);
      if (!isHere || event.n < first || event.n > last || handled.has(event.n)) continue;
      const [outcome] = trace.about("outcome", event.n);
      const hasGap = trace.all("gap").some((gap) => gap.client === client);
      // A store that fails may lose an event; then the sender gets an error.
      const lostByStore =
        outcome !== undefined && outcome.result !== "done" && by === "client" && trace.storeFailed;
      const isUnsent = outcome !== undefined && unsentErrors.has(outcome.result);
      if (!hasGap && !lostByStore && !isUnsent && !trace.mayBeLost(event))
        yield `event ${event.n} is missing at the ${by} in conversation ${conversation}, without a gap or an error`;
    }
  }
}

function* lostItems(trace: TraceIndex): Generator<string> {
  for (const { n, kind } of trace.all("sent")) {
    if (kind !== "stream" && kind !== "upload") continue;
    const [outcome] = trace.about("outcome", n);
    if (outcome?.result !== "done") continue;
    const items = trace.about("itemRead", n);
    const uploaded = items.filter((item) => item.upload).length;
    const read = items.length - uploaded;
    const length = kind === "upload" ? 1 : streamLength(n);
    if (read < Math.min(length, readLimit(n))) yield `stream ${n} ended after ${read} of ${length} items`;
    if (kind === "upload" && uploaded < streamLength(n))
      yield `the upload of stream ${n} ended after ${uploaded} of ${streamLength(n)} items`;
  }
}

/** The right answer follows from the request's number, so an answer to another request shows. */
export const I6: Invariant = {
  name: "I6",
  assertion: "A request gets its own answer.",
  *violations(trace) {
    for (const { n, kind } of trace.all("sent")) {
      if (kind !== "request") continue;
      for (const { result } of trace.about("outcome", n))
        if (result.startsWith("wrong")) yield `request ${n} got the answer ${result.slice(6)}`;
    }
  },
};

/**
 * A client emits `reset` when it joins another session: after the messages of the old session, though their handlers may
 * be slow, and before those of the new one. I3 compares the range of a `gap`.
 */
export const I13: Invariant = {
  name: "I13",
  assertion: "The client emits one reset for each new session, between the messages of the two sessions.",
  *violations(trace) {
    const peerIds = new Map(trace.all("setup").map((setup) => [setup.conversation, setup.peerId]));
    for (const client of trace.clients) {
      const sessions = trace.sessionsOf(client);
      const resets = trace.all("reset").filter((reset) => reset.client === client);
      const expected = sessions.slice(1).filter(({ index }) => !trace.isClosed(client, index)).length;
      const allEnded = trace.all("settled").some(({ unfinished }) => unfinished.length === 0);
      if (resets.length > expected || (allEnded && resets.length < expected))
        yield `client ${client} emitted ${resets.length} resets, not ${expected}`;
      for (const call of trace.all("handlerStarted")) {
        const { by, n, conversation, index } = call;
        if (by !== "client" || call.client !== client || !peerIds.has(conversation)) continue;
        const session = sessions.findIndex(({ peerId }) => peerId === peerIds.get(conversation));
        const before = resets.filter((reset) => reset.index < index).length;
        if (before < session)
          yield `client ${client} handled ${n} of the new session before it emitted reset`;
        if (before > session) yield `client ${client} handled ${n} of the old session after it emitted reset`;
      }
    }
  },
};

/** The outcomes of the application's own are done and the intended error; all others are errors of the product. */
export const I14: Invariant = {
  name: "I14",
  assertion: "A send settles once, and its outcome is not unknown while its session lasts.",
  *violations(trace) {
    for (const { n, by, kind, client = 0, conversation, index } of trace.all("sent")) {
      const outcomes = trace.about("outcome", n);
      if (outcomes.length > 1) yield `${kind} ${n} settled ${outcomes.length} times`;
      const [outcome] = outcomes;
      if (!outcome || unsentErrors.has(outcome.result)) continue;
      if (outcome.result === "done" || outcome.result === intendedError) continue;
      if (kind === "room" && trace.storeFailed) continue;
      if (outcome.result === "INTERRUPTED" && (kind === "stream" || kind === "upload")) {
        const isBetween = (one: EntryOf<"setup">): boolean => one.index > index && one.index < outcome.index;
        if (trace.all("setup").some((one) => one.client === client && isBetween(one))) continue;
      }
      const sessionEnded =
        trace.isClosed(client, outcome.index) ||
        (by === "client"
          ? trace.all("reset").some((reset) => reset.client === client && reset.index > index)
          : [...trace.all("tornDown"), ...trace.all("ended")].some(
              (end) => end.conversation === conversation,
            ));
      if (!sessionEnded)
        yield `${kind} ${n} of the ${by} failed with ${outcome.result} though its session went on`;
    }
  },
};
