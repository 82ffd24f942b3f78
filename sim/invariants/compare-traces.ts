import type { MessageKind, Trace } from "../trace/trace.ts";
import type { Machine } from "../virtual/scheduler.ts";
import type { Violation } from "./invariant.ts";

/** I23: the same seed gives the same trace. */
export function checkDeterminism(first: Trace, second: Trace): Violation[] {
  if (first.hash === second.hash) return [];
  const index = first.entries.findIndex(
    (entry, index) => JSON.stringify(entry) !== JSON.stringify(second.entries[index]),
  );
  return [{ invariant: "I23", description: `two runs of the same seed differ from entry ${index} on` }];
}

/** I17: without faults, clients with sessions and clients in plain mode have the same messages handled. */
export function checkPlainMode(withSessions: Trace, plain: Trace): Violation[] {
  const [expected, actual] = [handledMessages(withSessions), handledMessages(plain)];
  return Object.entries(expected).flatMap(([group, messages]) =>
    messages === actual[group]
      ? []
      : [
          {
            invariant: "I17",
            description: `${group}: ${messages} with sessions, ${actual[group]} in plain mode`,
          },
        ],
  );
}

/**
 * The handled messages in groups, each as text. Events are in the order of the handler calls. Requests are sorted,
 * because requests have no order, and the clients are listed one after another, because clients do not wait for each other.
 */
function handledMessages({ entries }: Trace): Record<string, string> {
  const kinds = new Map(entries.flatMap((entry) => (entry.type === "sent" ? [[entry.n, entry.kind]] : [])));
  const handled = (by: Machine, kind: MessageKind): string => {
    const calls = entries.flatMap((entry) =>
      entry.type === "handlerStarted" && entry.by === by && kinds.get(entry.n) === kind
        ? [{ n: entry.n, client: entry.client }]
        : [],
    );
    if (kind === "request") calls.sort((a, b) => a.n - b.n);
    calls.sort((a, b) => a.client - b.client);
    return calls.map(({ n, client }) => `${client}:${n}`).join(" ");
  };
  return {
    "events to the server": handled("server", "event"),
    "events to clients": handled("client", "event"),
    "requests to the server": handled("server", "request"),
    "requests to clients": handled("client", "request"),
    "messages in the room": handled("client", "room"),
  };
}
