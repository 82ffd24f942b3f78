import { expect, test } from "vitest";
import { Clock } from "../../src/timing/clock.ts";
import { startIdleTimeout } from "../../src/timing/idle.ts";
import { TestWire } from "./test-wire.ts";

function startTestIdleTimeout() {
  const clock = new Clock();
  const wire = new TestWire();
  const log: unknown[] = [];
  let paused = false;
  const stop = startIdleTimeout(wire, clock, {
    timeout: 500,
    isPaused: () => paused,
    onIdle: () => log.push("idle"),
  });
  wire.listen({
    message: (message) => log.push(message),
    closed: () => {
      stop();
      log.push("closed");
    },
  });
  return { clock, log, events: wire.events, pause: (to: boolean) => (paused = to) };
}

test("the idle timeout is reported once, when it has passed", () => {
  const { clock, log } = startTestIdleTimeout();
  clock.advance(499);
  expect(log).toEqual([]);
  clock.advance(1);
  clock.advance(500);
  expect(log).toEqual(["idle"]);
});

test("every message starts the idle timeout anew, and reaches the listener", () => {
  const { clock, log, events } = startTestIdleTimeout();
  for (const message of ["1", "2", "3"]) {
    clock.advance(400);
    events.message(message);
  }
  clock.advance(499);
  expect(log).toEqual(["1", "2", "3"]);
  clock.advance(1);
  expect(log).toEqual(["1", "2", "3", "idle"]);
});

test("a message that arrives between two sweeps counts from the earlier one", () => {
  const { clock, log, events } = startTestIdleTimeout();
  clock.advance(100);
  events.message("1");
  clock.advance(300);
  clock.advance(199);
  expect(log).toEqual(["1"]);
  clock.advance(1);
  expect(log).toEqual(["1", "idle"]);
});

test("a pong does not start the idle timeout anew", () => {
  const { clock, log, events } = startTestIdleTimeout();
  clock.advance(400);
  events.pong();
  clock.advance(100);
  expect(log).toEqual(["idle"]);
});

test("time while reading is paused does not count", () => {
  const { clock, log, pause } = startTestIdleTimeout();
  pause(true);
  clock.advance(1_000);
  pause(false);
  clock.advance(499);
  expect(log).toEqual([]);
  clock.advance(1);
  expect(log).toEqual(["idle"]);
});

test("an idle timeout that was stopped is never reported", () => {
  const { clock, log, events } = startTestIdleTimeout();
  events.closed({ code: 1000, reason: "", wasClean: true });
  clock.advance(1_000);
  expect(log).toEqual(["closed"]);
});
