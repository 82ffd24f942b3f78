import type { Violation } from "./check-trace.ts";
import type { Kind, Trace } from "../trace/trace.ts";

/** I23: the same seed gives the same trace. */
export function sameTrace(one: Trace, other: Trace): Violation[] {
  if (one.hash === other.hash) return [];
  const place = one.entries.findIndex(
    (entry, index) => JSON.stringify(entry) !== JSON.stringify(other.entries[index]),
  );
  return [{ of: "I23", what: `the same seed gave another trace, from entry ${place} on` }];
}

/** I17: without faults plain mode and session mode hand over the same. */
export function sameHanded(session: Trace, plain: Trace): Violation[] {
  const [one, other] = [handed(session), handed(plain)];
  return Object.entries(one).flatMap(([to, numbers]) =>
    numbers === other[to]
      ? []
      : [{ of: "I17", what: `${to} ${numbers} in sessions, ${other[to]} in plain mode` }],
  );
}

/** Events by the order in which each half was given them; nothing promises an order of requests, so these are sorted, nor one of a room among others. */
function handed({ entries }: Trace): Record<string, string> {
  const kinds = new Map(entries.flatMap((entry) => (entry.is === "said" ? [[entry.n, entry.kind]] : [])));
  const of = (by: string, kind: Kind): string => {
    const given = entries.flatMap((entry) =>
      entry.is === "handling" && entry.by === by && kinds.get(entry.n) === kind
        ? [{ n: entry.n, client: entry.client }]
        : [],
    );
    if (kind === "ask") given.sort((a, b) => a.n - b.n);
    // Clients are given what they are given at times of their own.
    given.sort((a, b) => a.client - b.client);
    return given.map(({ n, client }) => `${client}:${n}`).join(" ");
  };
  return {
    "events to the server:": of("server", "event"),
    "events to clients:": of("client", "event"),
    "requests to the server:": of("server", "ask"),
    "requests to clients:": of("client", "ask"),
    "said in the room:": of("client", "room"),
  };
}
