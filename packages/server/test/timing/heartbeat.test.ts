import type { Closed, Message } from "@symbolon/protocol";
import { type Wire, WireEvents } from "@symbolon/protocol/internal";
import { expect, test } from "vitest";
import { Clock } from "../../src/timing/clock.ts";
import { withHeartbeat } from "../../src/timing/heartbeat.ts";

/** A wire that writes down what is done to it. */
class WrittenWire implements Wire {
  readonly protocol = "";
  readonly done: string[] = [];
  readonly events = new WireEvents();
  bufferedAmount = 0;

  send(message: Message): void {
    this.done.push(`send ${String(message)}`);
  }
  drained(): undefined {
    return undefined;
  }
  close(code: number, reason: string): void {
    this.done.push(`close ${code} ${reason}`);
  }
  terminate(): void {
    this.done.push("terminate");
    this.events.closed({ code: 1006, reason: "", wasClean: false });
  }
  listen(): void {}
  pause(): void {}
  resume(): void {}
}

const MiB = 1024 * 1024;

function watched(canPing = true) {
  const wire = new WrittenWire();
  const clock = new Clock();
  const heard: Message[] = [];
  const ends: Closed[] = [];
  const listener = {
    message: (message: Message) => heard.push(message),
    closed: (end: Closed) => ends.push(end),
  };
  const ping = canPing ? () => wire.done.push("ping") : undefined;
  const beat = withHeartbeat(listener, wire, clock, { interval: 25_000, timeout: 10_000 }, ping);
  wire.events.listen(beat);
  return { wire, clock, heard, ends, beat };
}

test("a silent client is asked once, and given up when it does not answer", () => {
  const { wire, clock, ends } = watched();
  clock.advance(24_999);
  expect(wire.done).toEqual([]);
  clock.advance(1);
  clock.advance(5_000);
  expect(wire.done).toEqual(["ping"]);
  clock.advance(4_999);
  expect(wire.done).toEqual(["ping"]);
  clock.advance(1);
  expect(wire.done).toEqual(["ping", "terminate"]);
  expect(ends).toEqual([{ code: 1006, reason: "", wasClean: false }]);
});

test("a client that is given up is not watched any more", () => {
  const { wire, clock } = watched();
  clock.advance(25_000);
  clock.advance(10_000);
  clock.advance(100_000);
  expect(wire.done).toEqual(["ping", "terminate"]);
});

test("a client that answers is spared, and asked again after its next silence", () => {
  const { wire, clock, beat } = watched();
  for (let round = 0; round < 3; round += 1) {
    clock.advance(25_000);
    beat.pong?.();
    clock.advance(9_000);
  }
  expect(wire.done.filter((done) => done === "ping")).toHaveLength(3);
  expect(wire.done).not.toContain("terminate");
});

test("any message is a sign of life, and is passed on", () => {
  const { wire, clock, beat, heard } = watched();
  for (let round = 0; round < 10; round += 1) {
    beat.message(`word ${round}`);
    clock.advance(20_000);
  }
  expect(wire.done).toEqual([]);
  expect(heard).toHaveLength(10);
});

test("a client that cannot be asked is never given up for its silence", () => {
  const { wire, clock } = watched(false);
  clock.advance(1_000_000);
  expect(wire.done).toEqual([]);
});

test("a client that reads too slowly for 10 s is closed with 4901", () => {
  const { wire, clock } = watched(false);
  wire.bufferedAmount = MiB + 1;
  clock.advance(100);
  clock.advance(9_999);
  expect(wire.done).toEqual([]);
  clock.advance(1);
  expect(wire.done).toEqual(["close 4901 reads too slowly", "terminate"]);
});

test("a client that catches up has its full time again", () => {
  const { wire, clock } = watched(false);
  wire.bufferedAmount = MiB + 1;
  clock.advance(100);
  clock.advance(9_000);
  wire.bufferedAmount = MiB;
  clock.advance(100);
  wire.bufferedAmount = MiB + 1;
  clock.advance(100);
  clock.advance(9_999);
  expect(wire.done).toEqual([]);
});

test("an ended wire is not watched, and its listener is told of the end", () => {
  const { wire, clock, beat, ends } = watched();
  beat.closed({ code: 1000, reason: "bye", wasClean: true });
  clock.advance(1_000_000);
  expect(wire.done).toEqual([]);
  expect(ends).toEqual([{ code: 1000, reason: "bye", wasClean: true }]);
});
