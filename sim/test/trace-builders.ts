/** Builds the records of a trace by hand. All of them are about client 1, unless a parameter names another one. */
import { checkTrace } from "../invariants/check-trace.ts";
import type { WorldSettings } from "../modes/settings.ts";
import { peerIdOf } from "../trace/frames.ts";
import type { MessageKind, TracedFrame, TraceRecord } from "../trace/trace.ts";
import type { Machine } from "../virtual/scheduler.ts";

const settings: WorldSettings = {
  nodes: 1,
  clients: 1,
  heartbeat: { interval: 1_000, timeout: 500 },
  sweepInterval: 100,
  terminable: true,
  duration: 10_000,
  messages: 20,
  store: { type: "none", maxLatency: 0, sync: "os", appendsLate: false, losesNotices: false },
  app: { sessions: { grace: 20_000, messages: 20, maxDetached: 100 } },
  client: { outbox: { messages: 20, full: "reject" } },
};

/**
 * The names of the invariants that a trace violates. The trace begins with client 1 joining session `a` in conversation 1,
 * and continues with these records, 1 ms apart.
 */
export function violatedBy(...records: readonly TraceRecord[]): string[] {
  const entries = [...start, ...records].map((record, index) => ({ at: index, index, ...record }));
  return [...new Set(checkTrace(entries).map(({ invariant }) => invariant))].sort();
}

/** A client dials; without a client an attacker does. */
export const dial = (wire: number, client?: number): TraceRecord => ({ type: "dial", wire, client });
/** A machine sends a frame. */
export const frameSent = (wire: number, by: Machine, frame: TracedFrame): TraceRecord => ({
  type: "frameSent",
  wire,
  by,
  frame,
});
/** A machine receives a frame. */
export const frameReceived = (wire: number, by: Machine, frame: TracedFrame): TraceRecord => ({
  type: "frameReceived",
  wire,
  by,
  frame,
});
/** The server sets up a conversation on the wire of the same number. */
export const setUp = (
  conversation: number,
  sessionId: string,
  setup = conversation,
  process = 1,
): TraceRecord => ({
  type: "setup",
  conversation,
  setup,
  process,
  peerId: peerIdOf(sessionId),
  wire: conversation,
  client: 1,
});
/** The application sends a message. */
export const sent = (by: Machine, n: number, kind: MessageKind = "event"): TraceRecord => ({
  type: "sent",
  by,
  n,
  kind,
  client: 1,
  ...(by === "server" && { conversation: 1 }),
});
/** A handler is called. */
export const handlerStarted = (
  by: Machine,
  n: number,
  conversation = 1,
  setup = conversation,
): TraceRecord => ({
  type: "handlerStarted",
  by,
  n,
  client: 1,
  conversation,
  ...(by === "server" && { setup, key: `${conversation}:${n}` }),
});
/** A handler settles. */
export const handlerSettled = (by: Machine, n: number, result = "done", setup = 1): TraceRecord => ({
  type: "handlerSettled",
  by,
  n,
  result,
  ...(by === "server" && { setup }),
});
/** A send settles. */
export const outcome = (n: number, result: string): TraceRecord => ({ type: "outcome", n, result });
/** The client emits `reset`. */
export const reset: TraceRecord = { type: "reset", client: 1, reason: "unknown" };
/** Conversation 1 is torn down. */
export const tornDown: TraceRecord = { type: "tornDown", conversation: 1, setup: 1, clock: 100_000 };

/** A process starts without a store. */
export const processStarted = (process: number): TraceRecord => ({
  type: "processStarted",
  process,
  history: "none",
});

/** The client dials and joins a session. */
export const joins = (wire: number, sessionId: string): TraceRecord[] => [
  dial(wire, 1),
  setUp(wire, sessionId),
  frameSent(wire, "server", { t: "welcome", sid: sessionId, w: 1 }),
  frameReceived(wire, "client", { t: "welcome", sid: sessionId, w: 1 }),
];

const start: readonly TraceRecord[] = [{ type: "world", settings }, processStarted(1), ...joins(1, "a")];

/** The server handles a message. */
export const handles = (n: number): TraceRecord[] => [
  handlerStarted("server", n),
  handlerSettled("server", n),
];

/** An event, as it is on the wire. */
export const event = (n: number, s: number): TracedFrame => ({ t: "event", s, data: { n } });
