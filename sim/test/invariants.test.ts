import { describe, expect, test } from "vitest";
import { invariants } from "../invariants/check-trace.ts";
import { checkPlainMode } from "../invariants/compare-traces.ts";
import { Trace, type TracedFrame, type TraceRecord } from "../trace/trace.ts";
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
  setUp,
  tornDown,
  violatedBy,
} from "./trace-builders.ts";
import { violatingTraces } from "./violating-traces.ts";

test("a trace without a mistake violates no invariant", () => {
  expect(
    violatedBy(
      sent("client", 1),
      frameSent(1, "client", event(1, 1)),
      frameReceived(1, "server", event(1, 1)),
      ...handles(1),
      frameSent(1, "server", { t: "ack", a: 1 }),
      frameReceived(1, "client", { t: "ack", a: 1 }),
      outcome(1, "done"),
    ),
  ).toEqual([]);
});

test.each(invariants)("a trace can violate $name: $assertion", ({ name }) => {
  const [records = [], ...others] = violatingTraces[name] ?? [];
  const violated = violatedBy(...records);
  expect(violated).toContain(name);
  // Most of these traces end before every event is handled, which violates I20.
  expect(violated.filter((other) => other !== "I20" || name === "I20")).toEqual([name, ...others].sort());
});

test("a client emits reset between the messages of one session and those of the next", () => {
  const nextSession: TraceRecord[] = [processStarted(2), ...joins(2, "b")];
  const handled = (n: number, conversation: number): TraceRecord[] => [
    handlerStarted("client", n, conversation),
    handlerSettled("client", n),
  ];
  expect(violatedBy(...nextSession, ...handled(1, 1), reset, ...handled(2, 2))).toEqual([]);
  expect(violatedBy(...nextSession, reset, ...handled(1, 1))).toEqual(["I13"]);
  expect(violatedBy(...nextSession, ...handled(2, 2), reset)).toEqual(["I13"]);
});

test("a reset has a cause if the server started anew or the session expired", () => {
  expect(violatedBy(processStarted(2), ...joins(2, "b"), reset)).toEqual([]);
  const detached: TraceRecord = { type: "detached", conversation: 1, setup: 1, clock: 0 };
  const ended: TraceRecord = { type: "ended", conversation: 1, setup: 1, clock: 20_000, undelivered: 0 };
  expect(violatedBy(detached, ended, tornDown, ...joins(2, "b"), reset)).toEqual([]);
  expect(violatedBy(setUp(9, "z"), ...joins(2, "b"), reset)).toEqual(["I24"]);
});

test("a client that dials often after the last fault violates I18", () => {
  const faultsStopped: TraceRecord = { type: "faultsStopped" };
  const dials = (count: number): TraceRecord[] =>
    Array.from({ length: count }, (_, index) => dial(index + 2, 1));
  expect(violatedBy(...dials(9), faultsStopped, ...dials(3))).toEqual([]);
  expect(violatedBy(faultsStopped, ...dials(4))).toEqual(["I18"]);
});

test("an attacker may be the first whose copy of a client's hello arrives, but may not use any other hello", () => {
  const hello = (att: number, auth = "user 1") => ({ t: "hello", att, auth, resume: { sid: "a" } });
  const sends = (wire: number, frame: TracedFrame, client?: number): TraceRecord[] => [
    dial(wire, client),
    frameSent(wire, "client", frame),
  ];
  const welcome = (wire: number): TraceRecord => frameSent(wire, "server", { t: "welcome", sid: "a" });
  const unanswered = sends(2, hello(2), 1);
  expect(violatedBy(...unanswered, ...sends(3, hello(2)), welcome(3))).toEqual([]);
  expect(
    violatedBy(...unanswered, ...sends(3, hello(2)), welcome(3), ...sends(4, hello(2)), welcome(4)),
  ).toEqual(["I15"]);
  expect(violatedBy(...unanswered, welcome(2), ...sends(3, hello(2)), welcome(3))).toEqual(["I15"]);
  expect(
    violatedBy(...unanswered, ...sends(3, hello(3), 1), welcome(3), ...sends(4, hello(2)), welcome(4)),
  ).toEqual(["I15"]);
  expect(violatedBy(...unanswered, ...sends(3, hello(2, "user 9")), welcome(3))).toEqual(["I15"]);
});

describe("after a restart with a store", () => {
  const received = [
    sent("client", 1),
    frameSent(1, "client", event(1, 1)),
    frameReceived(1, "server", event(1, 1)),
  ];
  const restart: TraceRecord[] = [
    { type: "processEnded", process: 1 },
    { type: "processStarted", process: 2, history: "kept" },
    setUp(1, "a", 2, 2),
  ];
  const handlesAgain: TraceRecord[] = [
    handlerStarted("server", 1, 1, 2),
    handlerSettled("server", 1, "done", 2),
  ];

  test("the server may handle a pending message again, with the same key", () => {
    expect(violatedBy(...received, handlerStarted("server", 1), ...restart, ...handlesAgain)).toEqual([]);
    const withOtherKey: TraceRecord = {
      type: "handlerStarted",
      by: "server",
      n: 1,
      client: 1,
      conversation: 1,
      setup: 2,
      key: "another",
    };
    expect(violatedBy(...received, handlerStarted("server", 1), ...restart, withOtherKey)).toEqual(["I2"]);
  });

  test("the server may not handle an acknowledged message again", () => {
    const acknowledged: TraceRecord[] = [...handles(1), frameSent(1, "server", { t: "ack", a: 1 })];
    expect(violatedBy(...received, ...acknowledged, ...restart, ...handlesAgain)).toEqual(["I2"]);
  });

  test("the store appends once what a handler sends in a room", () => {
    const echo = (n: number): TraceRecord => ({ type: "sent", by: "server", n, kind: "room", cause: 1 });
    const appended = (n: number): TraceRecord => ({ type: "appended", n, epoch: "e", offset: n });
    expect(violatedBy(...received, echo(2), ...handles(1), appended(2))).toEqual([]);
    expect(
      violatedBy(
        ...received,
        echo(2),
        ...handles(1),
        appended(2),
        ...restart,
        echo(3),
        ...handlesAgain,
        appended(3),
      ),
    ).toEqual(["I4"]);
    const failed = [handlerStarted("server", 1), handlerSettled("server", 1, "ODD")];
    expect(violatedBy(...received, echo(2), ...failed, appended(2))).toEqual(["I4"]);
  });

  test("a client is reset only if the store lost its history", () => {
    expect(violatedBy(...restart, ...joins(2, "b"), reset)).toEqual(["I24"]);
    const restartWithLoss: TraceRecord[] = [
      { type: "processEnded", process: 1 },
      { type: "processStarted", process: 2, history: "lost" },
    ];
    expect(violatedBy(...restartWithLoss, ...joins(2, "b"), reset)).toEqual([]);
  });
});

test("a session may end in a replaced process if its client has returned, and not because of the replacement alone", () => {
  const replaced: TraceRecord = {
    type: "fault",
    fault: "replaced server",
    description: "another process replaces the server's process",
  };
  const returns = [dial(2, 1), frameReceived(2, "server", { t: "hello", resume: { sid: "a" } })];
  expect(violatedBy(replaced, ...returns, tornDown)).toEqual([]);
  expect(violatedBy(replaced, tornDown)).toEqual(["I24"]);
  expect(violatedBy(...returns, tornDown)).toEqual(["I24"]);
});

test("a message that is handled with sessions and not in plain mode violates I17", () => {
  const traceOf = (...records: TraceRecord[]): Trace => {
    const trace = new Trace({ now: 0 });
    for (const record of records) trace.add({ ...record });
    return trace;
  };
  const all = [sent("client", 1), sent("client", 2), ...handles(1), ...handles(2)];
  expect(checkPlainMode(traceOf(...all), traceOf(...all))).toEqual([]);
  expect(checkPlainMode(traceOf(...all), traceOf(...all.slice(0, -2)))).toMatchObject([{ invariant: "I17" }]);
});
