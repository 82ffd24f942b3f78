import type { TraceRecord } from "../trace/trace.ts";
import {
  dial,
  event,
  frameReceived,
  frameSent,
  handlerSettled,
  handlerStarted,
  handles,
  joins,
  outcome,
  processStarted,
  reset,
  sent,
  tornDown,
} from "./trace-builders.ts";

/** For each invariant a trace that violates it, and the names of other invariants that the same trace violates. */
export const violatingTraces: Readonly<Record<string, readonly [TraceRecord[], ...string[]]>> = {
  I0: [[{ type: "unexpectedError", by: "server", error: "TypeError" }]],
  I1: [[sent("client", 1), sent("client", 2), ...handles(2), ...handles(1)]],
  I2: [[sent("client", 1), ...handles(1), ...handles(1)]],
  I3: [[sent("client", 1), outcome(1, "done")]],
  I4: [
    [
      sent("client", 1),
      sent("client", 2),
      handlerStarted("server", 1),
      ...handles(2),
      handlerSettled("server", 1),
    ],
  ],
  I5: [
    [
      sent("client", 1),
      frameSent(1, "client", event(1, 1)),
      frameReceived(1, "server", event(1, 1)),
      frameSent(1, "server", { t: "ack", a: 1 }),
      ...handles(1),
    ],
  ],
  I6: [[sent("client", 1, "request"), ...handles(1), outcome(1, "wrong 4")], "I14"],
  I7: [
    [
      sent("client", 1),
      dial(2, 1),
      frameSent(2, "server", { t: "welcome", sid: "a" }),
      frameReceived(1, "server", event(1, 1)),
      ...handles(1),
    ],
  ],
  I8: [
    [
      sent("client", 1),
      handlerStarted("server", 1),
      handlerStarted("server", 1),
      handlerSettled("server", 1),
    ],
    "I2",
  ],
  I9: [[...joins(2, "b"), processStarted(2), reset, ...joins(3, "a"), reset]],
  I10: [[{ type: "closed", wire: 1, by: "client", code: 4900 }]],
  I11: [[frameSent(1, "server", { t: "ack", a: 1 })]],
  I12: [
    [
      ...Array.from({ length: 65 }, (_, index) => sent("client", index + 1)),
      frameSent(1, "client", { t: "ping" }),
    ],
  ],
  I13: [[processStarted(2), ...joins(2, "b"), { type: "settled", unfinished: [] }]],
  I14: [[sent("client", 1), outcome(1, "OUTCOME_UNKNOWN")]],
  I15: [[dial(2), frameSent(2, "server", { t: "welcome", sid: "a" })]],
  I16: [
    [
      ...[1, 2, 3].map((n): TraceRecord => ({ type: "sent", by: "server", n, kind: "room" })),
      handlerStarted("client", 1),
      handlerStarted("client", 3),
    ],
  ],
  I18: [
    [
      {
        type: "settled",
        unfinished: [{ invariant: "I18", description: "client 1 is not connected" }],
      },
    ],
  ],
  I19: [[{ type: "settled", unfinished: [{ invariant: "I19", description: "message 1 has no outcome" }] }]],
  I20: [[sent("client", 1), { type: "settled", unfinished: [] }]],
  I21: [
    [
      {
        type: "end",
        timers: 1,
        clockSubscribers: 0,
        conversations: 0,
        wires: 0,
        listeners: 0,
        storedSessions: 0,
      },
    ],
  ],
  I22: [Array.from({ length: 30 }, (_, index) => dial(index + 2, 1))],
  I24: [[tornDown]],
  I25: [
    [
      frameSent(1, "server", { t: "room", ep: "e", off: 0 }),
      frameSent(1, "server", { t: "said", o: 3, p: 0 }),
      { type: "setup", conversation: 2, setup: 2, process: 1, peerId: "b", wire: 2, client: undefined },
      frameSent(2, "server", { t: "room", ep: "e", off: 2 }),
    ],
  ],
  I27: [
    [frameReceived(3, "server", { t: "hello" }), frameReceived(3, "server", { t: "auth", token: "user 1" })],
  ],
  I26: [
    [
      ...[1, 2].map((n): TraceRecord => ({ type: "sent", by: "server", n, kind: "room", process: 1 })),
      handlerStarted("client", 2),
    ],
  ],
  I30: [
    [
      { type: "revoked", client: 1, process: 1 },
      ...Array.from({ length: 1_002 }, () => frameReceived(1, "server", { t: "ack" })), // 1 ms each
      { type: "settled", unfinished: [] },
    ],
  ],
  I29: [
    [{ type: "settled", unfinished: [{ invariant: "I29", description: "process 2 has the session too" }] }],
  ],
  I28: [
    [
      ...[1, 2].map((n): TraceRecord => ({ type: "sent", by: "server", n, kind: "room", process: 1 })),
      frameSent(1, "server", { t: "said", o: 1, p: 0, data: { n: 1 } }),
      frameReceived(1, "client", { t: "said", o: 1, p: 0, data: { n: 1 } }),
      ...Array.from({ length: 2_000 }, () => frameReceived(1, "server", { t: "ack" })), // 1 ms each
      { type: "settled", unfinished: [] },
      { type: "clientClosed", client: 1 },
    ],
  ],
};
