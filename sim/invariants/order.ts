import type { Invariant } from "./invariant.ts";

/** Events are compared by their numbers; on the wire, sequences too: none is used before the one below it. */
export const I1: Invariant = {
  name: "I1",
  says: "What is said in a session is handed over in the order in which it was said.",
  *broken(ledger) {
    for (const { by, conv, events } of ledger.given())
      for (const [index, { n }] of events.entries()) {
        const before = events[index - 1]?.n ?? 0;
        if (before > n) yield `the ${by} was given ${n} after ${before} in conversation ${conv}`;
      }
    const last = new Map<string, number>();
    for (const { by, n, i, upload } of ledger.all("item")) {
      const key = `${by} ${n} ${upload}`;
      const next = (last.get(key) ?? -1) + 1;
      if (i !== next) yield `the ${by} read item ${i} of stream ${n} where ${next} was next`;
      last.set(key, Math.max(i, last.get(key) ?? -1));
    }
    const highest = new Map<string, number>();
    for (const { by, sid, frame } of ledger.sequenced("put")) {
      const high = highest.get(`${sid} ${by}`) ?? 0;
      if (frame.s > high + 1) yield `the ${by} used sequence ${frame.s} right after ${high}`;
      highest.set(`${sid} ${by}`, Math.max(high, frame.s));
    }
  },
};

/** No session of the simulated application says anything again, so nothing may come twice, not even after a reset. */
export const I2: Invariant = {
  name: "I2",
  says: "Nothing is handed over twice.",
  *broken(ledger) {
    const seen = new Set<string>();
    for (const { is, n, client, ...entry } of ledger.all("handling")) {
      const key = `${entry.by} ${n} ${client}`;
      if (seen.has(key)) yield `the ${entry.by} was given ${n} again (${is} in conversation ${entry.conv})`;
      seen.add(key);
    }
  },
};

/** Only events wait for each other. Of a commit inside a store nothing is seen from outside. */
export const I4: Invariant = {
  name: "I4",
  says: "An event is handled when the one before it was, and once.",
  *broken(ledger) {
    for (const { by, conv, events } of ledger.given())
      for (const [index, { n, place }] of events.entries()) {
        const before = events[index - 1];
        if (!before || before.n === n) continue;
        const [done] = ledger.of("handled", before.n);
        if (!done || done.place > place)
          yield `the ${by} was given ${n} while it handled ${before.n} in conversation ${conv}`;
      }
  },
};

/** Between processes an invocation may be repeated: a handler that a crash cut off has not settled. */
export const I8: Invariant = {
  name: "I8",
  says: "No message is handled by two invocations at a time.",
  *broken(ledger) {
    for (const { by, n, client, place } of ledger.all("handling")) {
      const others = ledger.of("handling", n).filter((one) => one.by === by && one.client === client);
      const [first] = others;
      if (!first || first.place === place) continue;
      const restarted = ledger.all("boot").some((boot) => boot.place > first.place && boot.place < place);
      const [done] = ledger.of("handled", n);
      if (!restarted && (!done || done.place > place)) yield `${n} is handled twice at the same time`;
    }
  },
};
