import type { TraceIndex } from "../trace/trace-index.ts";
import type { Invariant } from "./invariant.ts";

/** A client that dials so many times within so many ms dials too often. */
const maxDials = { count: 25, ms: 10_000 };

/**
 * So many times a client may dial after the last fault: a wire may have broken before, and the server may have lost the
 * session.
 */
const maxDialsAfterFaults = 3;

/** The simulation waits four virtual minutes. */
export const I18: Invariant = {
  name: "I18",
  assertion: "After the last fault every client connects and stays connected.",
  *violations(trace) {
    yield* unfinished(trace, "I18");
    const [stopped] = trace.all("faultsStopped");
    for (const client of trace.clients) {
      const dials = trace
        .all("dial")
        .filter((dial) => dial.client === client && dial.index > Number(stopped?.index));
      if (dials.length > maxDialsAfterFaults)
        yield `client ${client} dialed ${dials.length} times after the last fault`;
    }
  },
};

/** The simulation waits four virtual minutes. */
export const I19: Invariant = {
  name: "I19",
  assertion: "After the last fault every send settles.",
  violations: (trace) => unfinished(trace, "I19"),
};

/** Covers all events of clients whose sender got no error, and the server's events in the latest conversation. */
export const I20: Invariant = {
  name: "I20",
  assertion: "After the last fault every event is handled that can be delivered.",
  *violations(trace) {
    yield* unfinished(trace, "I20");
    const [settled] = trace.all("settled");
    for (const sent of trace.all("sent")) {
      const { n, by, kind, conversation } = sent;
      if (kind !== "event" || trace.about("handlerStarted", n).length > 0) continue;
      const [outcome] = trace.about("outcome", n);
      const ended = trace
        .all("tornDown")
        .some((end) => end.conversation === conversation && end.index < (settled?.index ?? 0));
      const mayBeLost = trace.mayBeLost(sent);
      if (outcome === undefined && by === "client") yield `event ${n} of the client was never handled`;
      if (outcome === undefined && by === "server" && !ended && !mayBeLost && isLatest(trace, conversation))
        yield `event ${n} of the server was never handled`;
    }
  },
};

/** The simulation waits twenty virtual minutes after it has closed the clients. */
export const I21: Invariant = {
  name: "I21",
  assertion: "After the clients have closed, no session, timer, wire or listener is left.",
  *violations(trace) {
    for (const { type: _, at: __, index: ___, ...counts } of trace.all("end"))
      for (const [name, count] of Object.entries(counts)) if (count > 0) yield `${count} ${name} are left`;
  },
};

/** The simulation waits four virtual minutes. */
export const I29: Invariant = {
  name: "I29",
  assertion: "After the last fault no two processes have one session.",
  violations: (trace) => unfinished(trace, "I29"),
};

/** Looks at every stretch of 10 s. */
export const I22: Invariant = {
  name: "I22",
  assertion: "No client dials too often.",
  *violations(trace) {
    for (const client of trace.clients) {
      const dials = trace.all("dial").filter((dial) => dial.client === client);
      for (const [index, { at }] of dials.entries()) {
        const last = dials[index + maxDials.count];
        if (!last || last.at - at >= maxDials.ms) continue;
        yield `client ${client} dialed ${maxDials.count} times within ${maxDials.ms} ms`;
        return;
      }
    }
  },
};

function* unfinished(trace: TraceIndex, invariant: string): Generator<string> {
  for (const { unfinished } of trace.all("settled"))
    for (const one of unfinished) if (one.invariant === invariant) yield one.description;
}

/** Whether a conversation is the latest one of its client. */
function isLatest(trace: TraceIndex, conversation: number | undefined): boolean {
  const own = trace.all("setup").find((setup) => setup.conversation === conversation);
  const latest = trace.all("setup").findLast(({ client }) => client === own?.client);
  return latest?.conversation === conversation;
}
