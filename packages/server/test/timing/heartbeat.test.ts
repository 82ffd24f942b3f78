import type { Closed, Message } from "@symbolon/protocol";
import { expect, test } from "vitest";
import { Clock } from "../../src/timing/clock.ts";
import { Heartbeat, resolveHeartbeat } from "../../src/timing/heartbeat.ts";
import { TestWire } from "./test-wire.ts";

const MiB = 1024 * 1024;

function startTestHeartbeat({ canPing = true } = {}) {
  const wire = new TestWire();
  const clock = new Clock();
  const messages: Message[] = [];
  const ends: Closed[] = [];
  const pinger = canPing ? { ping: () => void wire.calls.push("ping") } : {};
  const heartbeat = new Heartbeat(wire, clock, resolveHeartbeat(), pinger);
  wire.listen({
    message: (message) => messages.push(message),
    closed: (closed) => {
      heartbeat.stop();
      ends.push(closed);
    },
  });
  return { wire, clock, messages, ends };
}

test("a silent client is pinged once, and the wire is terminated when no answer comes", () => {
  const { wire, clock, ends } = startTestHeartbeat();
  clock.advance(24_999);
  expect(wire.calls).toEqual([]);
  clock.advance(1);
  clock.advance(5_000);
  expect(wire.calls).toEqual(["ping"]);
  clock.advance(4_999);
  expect(wire.calls).toEqual(["ping"]);
  clock.advance(1);
  expect(wire.calls).toEqual(["ping", "terminate"]);
  expect(ends).toEqual([{ code: 1006, reason: "", wasClean: false }]);
});

test("a terminated wire is neither pinged nor terminated again", () => {
  const { wire, clock } = startTestHeartbeat();
  clock.advance(25_000);
  clock.advance(10_000);
  clock.advance(100_000);
  expect(wire.calls).toEqual(["ping", "terminate"]);
});

test("a client that answers its ping stays connected, and is pinged again after its next silence", () => {
  const { wire, clock } = startTestHeartbeat();
  for (let round = 0; round < 3; round += 1) {
    clock.advance(25_000);
    wire.events.pong();
    clock.advance(9_000);
  }
  expect(wire.calls.filter((call) => call === "ping")).toHaveLength(3);
  expect(wire.calls).not.toContain("terminate");
});

test("a client that the server does not read is not silent; its silence counts from when the server reads again", () => {
  const { wire, clock } = startTestHeartbeat();
  clock.advance(20_000);
  wire.pause();
  for (let round = 0; round < 10; round += 1) clock.advance(25_000);
  expect(wire.calls).toEqual([]);
  wire.resume();
  clock.advance(24_999);
  expect(wire.calls).toEqual([]);
  clock.advance(1);
  clock.advance(10_000);
  expect(wire.calls).toEqual(["ping", "terminate"]);
});

test("every message counts as a sign of life, and reaches the listener", () => {
  const { wire, clock, messages } = startTestHeartbeat();
  for (let round = 0; round < 10; round += 1) {
    wire.events.message(`message ${round}`);
    clock.advance(20_000);
  }
  expect(wire.calls).toEqual([]);
  expect(messages).toHaveLength(10);
});

test("messages that arrived before the heartbeat started do not count", () => {
  const wire = new TestWire();
  const clock = new Clock();
  wire.events.message("early");
  const heartbeat = new Heartbeat(wire, clock, resolveHeartbeat(), {
    ping: () => void wire.calls.push("ping"),
  });
  clock.advance(25_000);
  expect(wire.calls).toEqual(["ping"]);
  heartbeat.stop();
});

test("a client that cannot be pinged is never terminated for its silence", () => {
  const { wire, clock } = startTestHeartbeat({ canPing: false });
  clock.advance(1_000_000);
  expect(wire.calls).toEqual([]);
});

// S26
test("a client that reads too slowly for 10 s is closed with 4901", () => {
  const { wire, clock } = startTestHeartbeat({ canPing: false });
  wire.bufferedAmount = MiB + 1;
  clock.advance(100);
  clock.advance(9_999);
  expect(wire.calls).toEqual([]);
  clock.advance(1);
  expect(wire.calls).toEqual(["close 4901 reads too slowly", "terminate"]);
});

test("a client that reads 8 MiB at a steady 400 KB/s stays connected, though it reads for 20 s", () => {
  const { wire, clock } = startTestHeartbeat();
  wire.bufferedAmount = 8 * MiB; // as long as the one write lasts
  for (let left = 8 * MiB; left > 0; left -= 40_000) {
    wire.progress = -left;
    clock.advance(100);
  }
  expect(clock.now).toBeGreaterThan(20_000);
  expect(wire.calls).toEqual([]);
});

test("a client that has not answered a ping behind a full buffer stays connected while it reads", () => {
  const { wire, clock } = startTestHeartbeat();
  for (let round = 0; round < 20; round += 1) {
    wire.bufferedAmount = (30 - round) * MiB;
    clock.advance(9_000);
  }
  expect(wire.calls).toEqual([]);
  wire.bufferedAmount = MiB; // the buffers of the network may take it, though the client is gone
  for (const later of [0.5, 0.4, 0.3, 0.2]) {
    clock.advance(9_000);
    wire.bufferedAmount = later * MiB;
  }
  expect(wire.calls).toEqual(["ping", "terminate"]);
});

test("a client that stops reading has 10 s from then", () => {
  const { wire, clock } = startTestHeartbeat({ canPing: false });
  wire.bufferedAmount = 8 * MiB;
  for (const progress of [1, 2, 3, 4]) {
    wire.progress = progress;
    clock.advance(9_000);
  }
  clock.advance(9_999);
  expect(wire.calls).toEqual([]);
  clock.advance(1);
  expect(wire.calls).toEqual(["close 4901 reads too slowly", "terminate"]);
});

test("a client that catches up has the full 10 s again", () => {
  const { wire, clock } = startTestHeartbeat({ canPing: false });
  wire.bufferedAmount = MiB + 1;
  clock.advance(100);
  clock.advance(9_000);
  wire.bufferedAmount = MiB;
  clock.advance(100);
  wire.bufferedAmount = MiB + 1;
  clock.advance(100);
  clock.advance(9_999);
  expect(wire.calls).toEqual([]);
});

test("a heartbeat that was stopped does nothing, and the listener receives the end of the wire", () => {
  const { wire, clock, ends } = startTestHeartbeat();
  wire.events.closed({ code: 1000, reason: "bye", wasClean: true });
  clock.advance(1_000_000);
  expect(wire.calls).toEqual([]);
  expect(ends).toEqual([{ code: 1000, reason: "bye", wasClean: true }]);
});

test.each([
  [undefined, { interval: 25_000, timeout: 10_000 }],
  [{}, { interval: 25_000, timeout: 10_000 }],
  [{ interval: 1_000 }, { interval: 1_000, timeout: 10_000 }],
  [{ timeout: 1_000 }, { interval: 25_000, timeout: 1_000 }],
])("each option of %j has its own default", (options, resolved) => {
  expect(resolveHeartbeat(options)).toEqual(resolved);
});
