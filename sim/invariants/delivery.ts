import type { Found, Ledger } from "../trace/trace-index.ts";
import { enough, lengthOf } from "../app/application.ts";
import type { Invariant } from "./invariant.ts";

/** Errors that say that something was never sent. */
const unsent = new Set(["OUTBOX_FULL", "BACKLOG_FULL"]);

/**
 * The end of a conversation may take with it what was said last, if the client is told by a reset (I13) and the one who
 * said it by an error (I14).
 */
export const I3: Invariant = {
  name: "I3",
  says: "What was said is handed over, or its sender knows that it may not have been.",
  *broken(ledger) {
    yield* lostThoughSettled(ledger);
    yield* holes(ledger);
    yield* lostItems(ledger);
  },
};

function* lostThoughSettled(ledger: Ledger): Generator<string> {
  for (const { n, kind, by } of ledger.all("said")) {
    const [outcome] = ledger.of("outcome", n);
    if (kind === "room" || outcome === undefined || !["done", "ODD"].includes(outcome.how)) continue;
    const handled = ledger.of("handled", n);
    if (!handled.some(({ how, place }) => how === outcome.how && place < outcome.place))
      yield `${kind} ${n} of the ${by} is settled (${outcome.how}), but no handler was done with it`;
  }
}

/** In one conversation, between two events that were handed over, all others were too. */
function* holes(ledger: Ledger): Generator<string> {
  const said = ledger.all("said").filter(({ kind }) => kind === "event");
  const convs = new Map(ledger.all("setup").map(({ conv, client }) => [conv, client]));
  for (const { by, conv, events } of ledger.given()) {
    const numbers = events.map(({ n }) => n);
    const last = Math.max(...numbers);
    // The client may go on in another session with what it said before; the server says each thing in one conversation.
    const first = by === "client" ? 0 : Math.min(...numbers);
    const handed = new Set(numbers);
    for (const one of said) {
      const here = one.by !== by && (by === "client" ? one.conv === conv : one.client === convs.get(conv));
      if (!here || one.n < first || one.n > last || handed.has(one.n)) continue;
      const [outcome] = ledger.of("outcome", one.n);
      const told = ledger.all("gap").some(({ client }) => client === convs.get(conv));
      // A store that fails may have lost it, and then who said it knows.
      const doubted = outcome !== undefined && outcome.how !== "done" && by === "client" && ledger.troubled;
      if (!told && !doubted && !(outcome && unsent.has(outcome.how)) && !ledger.mayBeGone(one))
        yield `${one.n} is missing at the ${by} in conversation ${conv}, and nobody was told`;
    }
  }
}

function* lostItems(ledger: Ledger): Generator<string> {
  for (const { n, kind } of ledger.all("said")) {
    if (kind !== "stream" && kind !== "upload") continue;
    const [outcome] = ledger.of("outcome", n);
    if (outcome?.how !== "done") continue;
    const items = ledger.of("item", n);
    const upload = items.filter((item) => item.upload).length;
    const read = items.length - upload;
    const length = kind === "upload" ? 1 : lengthOf(n);
    if (read < Math.min(length, enough(n))) yield `stream ${n} ended after ${read} of ${length} items`;
    if (kind === "upload" && upload < lengthOf(n))
      yield `the upload of stream ${n} ended after ${upload} of ${lengthOf(n)} items`;
  }
}

/** Replies carry twice the number that was asked with; a wrong one would be another's. */
export const I6: Invariant = {
  name: "I6",
  says: "A reply is that of the request, which was handled before.",
  *broken(ledger) {
    for (const { n, kind } of ledger.all("said")) {
      if (kind !== "ask") continue;
      for (const { how } of ledger.of("outcome", n))
        if (how.startsWith("wrong")) yield `request ${n} was answered with ${how.slice(6)}`;
    }
  },
};

/**
 * A `reset` is told when a client that has joined a session joins another: behind the messages of the one, though their
 * handlers may be slow, and before those of the other. Of a `gap` the range is compared by I3.
 */
export const I13: Invariant = {
  name: "I13",
  says: "Each discontinuity is told once, after what came before it and before what comes after it.",
  *broken(ledger) {
    const sids = new Map(ledger.all("setup").map(({ conv, sid }) => [conv, sid]));
    for (const client of ledger.clients) {
      const joined = ledger.joined(client);
      const resets = ledger.all("reset").filter((reset) => reset.client === client);
      const due = joined.slice(1).filter(({ place }) => !ledger.closed(client, place)).length;
      const rested = ledger.all("rest").some(({ unrest }) => unrest.length === 0);
      if (resets.length > due || (rested && resets.length < due))
        yield `client ${client} was told of ${resets.length} resets, not ${due}`;
      for (const one of ledger.all("handling")) {
        if (one.by !== "client" || one.client !== client || !sids.has(one.conv)) continue;
        const session = joined.findIndex(({ sid }) => sid === sids.get(one.conv));
        const told = resets.filter(({ place }) => place < one.place).length;
        if (told < session) yield `client ${client} was given ${one.n} before it was told of the reset`;
        if (told > session) yield `client ${client} was given ${one.n} after it was told of the reset`;
      }
    }
  },
};

/** What a send may end with, besides being done: see `Stage.handle` and the errors of the client. */
export const I14: Invariant = {
  name: "I14",
  says: "A send ends once, and does not end in doubt while its session lives.",
  *broken(ledger) {
    for (const { n, by, kind, client = 0, conv, place } of ledger.all("said")) {
      const outcomes = ledger.of("outcome", n);
      if (outcomes.length > 1) yield `${kind} ${n} ended ${outcomes.length} times`;
      const [outcome] = outcomes;
      if (!outcome || outcome.how === "done" || outcome.how === "ODD" || unsent.has(outcome.how)) continue;
      if (kind === "room" && ledger.troubled) continue;
      if (outcome.how === "INTERRUPTED" && (kind === "stream" || kind === "upload")) {
        const restored = (one: Found<"setup">): boolean => one.place > place && one.place < outcome.place;
        if (ledger.all("setup").some((one) => one.client === client && restored(one))) continue;
      }
      const ended =
        by === "client"
          ? ledger.closed(client, outcome.place) ||
            ledger.all("reset").some((reset) => reset.client === client && reset.place > place)
          : ledger.closed(client, outcome.place) ||
            ledger.all("over").some((over) => over.conv === conv) ||
            ledger.all("ended").some((over) => over.conv === conv);
      if (!ended) yield `${kind} ${n} of the ${by} ended with ${outcome.how} though its session went on`;
    }
  },
};
