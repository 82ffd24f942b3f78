import type { Found, Ledger } from "../trace/trace-index.ts";
import type { Invariant } from "./invariant.ts";

/** Events are compared by their numbers; on the wire, sequences too: none is used before the one below it. */
export const I1: Invariant = {
  name: "I1",
  says: "What is said in a session is handed over in the order in which it was said.",
  *broken(ledger) {
    for (const { by, conv, events } of ledger.given()) {
      const seen = new Set<number>();
      let highest = 0;
      const newest = new Map<number, number>();
      for (const { n, life = 0 } of events) {
        // What comes again after a restart is in order too.
        const before = Math.max(newest.get(life) ?? 0, seen.has(n) ? 0 : highest);
        if (before > n) yield `the ${by} was given ${n} after ${before} in conversation ${conv}`;
        newest.set(life, n);
        seen.add(n);
        highest = Math.max(highest, n);
      }
    }
    const last = new Map<string, number>();
    for (const { by, n, i, upload, life } of ledger.all("item")) {
      const key = `${by} ${n} ${upload} ${life}`;
      const next = (last.get(key) ?? -1) + 1;
      if (i !== next) yield `the ${by} read item ${i} of stream ${n} where ${next} was next`;
      last.set(key, Math.max(i, last.get(key) ?? -1));
    }
    const highest = new Map<string, number>();
    for (const { is, by, end, frame } of ledger.frames) {
      if (is !== "put" || frame.s === undefined) continue;
      const high = highest.get(end) ?? 0;
      if (frame.s > high + 1) yield `the ${by} used sequence ${frame.s} right after ${high}`;
      if (frame.s > high) highest.set(end, frame.s);
    }
  },
};

/**
 * No session of the simulated application says anything again, so nothing may come twice, not even after a reset: but for
 * what was in progress, and not told to be finished, when the server lost its session and found it again in a store.
 */
export const I2: Invariant = {
  name: "I2",
  says: "Nothing is handed over twice.",
  *broken(ledger) {
    const seen = new Map<string, Found<"handling">>();
    for (const entry of ledger.all("handling")) {
      const { by, n, client, conv, life, key } = entry;
      const before = seen.get(`${by} ${n} ${client}`);
      seen.set(`${by} ${n} ${client}`, entry);
      if (!before) continue;
      const told = ledger.finished(by, n);
      if (by === "client" || before.conv !== conv || before.life === life)
        yield `the ${by} was given ${n} again in conversation ${conv}`;
      else if (told !== undefined && told < begun(ledger, life))
        yield `the ${by} was given ${n} again, though it had told that it was finished`;
      else if (before.key !== key) yield `${n} has the key ${key} now, and had ${before.key}`;
    }
  },
};

function begun(ledger: Ledger, life: number | undefined): number {
  return ledger.all("setup").find((setup) => setup.life === life)?.place ?? 0;
}

/** Only events wait for each other. What a handler says in a room shows what was recorded of its message. */
export const I4: Invariant = {
  name: "I4",
  says: "An event is handled when the one before it was, and what comes of a message happens once.",
  *broken(ledger) {
    for (const { by, conv, events } of ledger.given()) {
      const last = new Map<number, Found<"handling">>();
      for (const entry of events) {
        const { n, place, life = 0 } = entry;
        const before = last.get(life);
        last.set(life, entry);
        if (!before || before.n === n) continue;
        const done = ledger.of("handled", before.n).find((one) => (one.life ?? 0) === life);
        if (!done || done.place > place)
          yield `the ${by} was given ${n} while it handled ${before.n} in conversation ${conv}`;
      }
    }
    yield* effects(ledger);
  },
};

function* effects(ledger: Ledger): Generator<string> {
  const causes = new Map(ledger.all("said").flatMap(({ n, because }) => (because ? [[n, because]] : [])));
  const placed = new Map<number, { readonly numbers: Set<number>; readonly first: number }>();
  for (const { n, place } of ledger.all("placed")) {
    const cause = causes.get(n);
    if (cause === undefined) continue;
    const one = placed.get(cause) ?? { numbers: new Set(), first: place };
    one.numbers.add(n);
    placed.set(cause, one);
  }
  for (const cause of new Set(causes.values())) {
    const { numbers, first } = placed.get(cause) ?? { numbers: new Set(), first: Infinity };
    if (numbers.size > 1) yield `what came of ${cause} was said ${numbers.size} times in the room`;
    const told = ledger.finished("server", cause);
    const done = ledger.of("handled", cause).some(({ how }) => how === "done");
    if (told !== undefined && done && told < first)
      yield `${cause} was told to be finished before what came of it was said in the room`;
    if (!done && numbers.size > 0)
      yield `what came of ${cause} was said in the room, though its handler was not done`;
  }
}

/** Between processes an invocation may be repeated: a handler that a crash cut off has not settled. */
export const I8: Invariant = {
  name: "I8",
  says: "No message is handled by two invocations at a time.",
  *broken(ledger) {
    for (const { by, n, client, place, life } of ledger.all("handling"))
      for (const before of ledger.of("handling", n)) {
        if (before.by !== by || before.client !== client || before.place >= place) continue;
        if (ledger.bootOf(before.life) !== ledger.bootOf(life)) continue;
        const done = ledger.of("handled", n).some((one) => one.life === before.life && one.place < place);
        if (!done) yield `${n} is handled twice at the same time`;
      }
  },
};
