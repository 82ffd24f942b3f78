import { expect, test } from "vitest";
import { joinedWires } from "../../src/wire/joined-wires.ts";
import { WireEvents, type WireListener } from "../../src/wire/wire.ts";
import { fill, recordWire, wireConformance } from "./wire-conformance.ts";

wireConformance(
  "joined wires",
  (protocol) => {
    const [near, far] = joinedWires(protocol);
    return { near, far };
  },
  { pauses: true, pings: false },
);

test("on joined wires a message arrives in a later microtask, and not while the other end is paused", async () => {
  const [near, far] = joinedWires();
  const arrived = recordWire(far);
  near.send("1");
  expect(arrived.size).toBe(0);
  await Promise.resolve();
  expect(arrived.size).toBe(1);
  far.pause();
  near.send("2");
  await new Promise(setImmediate);
  expect(arrived.size).toBe(1);
  far.resume();
  near.send("3");
  expect([await arrived.pull(), await arrived.pull(), await arrived.pull()]).toEqual(["1", "2", "3"]);
});

test("on joined wires a writer that waits is released when the paused end closes", async () => {
  const [near, far] = joinedWires();
  far.pause();
  const { drained } = fill(near);
  far.close(1000, "");
  await expect(drained).resolves.toBeUndefined();
});

/** A listener, and the events that it has received. */
function recordingListener(): { events: unknown[]; listener: WireListener } {
  const events: unknown[] = [];
  const listener: WireListener = {
    message: (message) => void events.push(message),
    closed: ({ code }) => void events.push(code),
  };
  return { events, listener };
}

const closed = { code: 1000, reason: "", wasClean: true };

test("events are kept until there is a listener, and counted", () => {
  const wire = new WireEvents();
  const { events: received, listener } = recordingListener();
  wire.message("1");
  wire.closed(closed);
  expect([wire.buffered, wire.ended]).toEqual([2, true]);
  wire.listen(listener);
  expect(received).toEqual(["1", 1000]);
  expect(wire.buffered).toBe(0);
});

test("an event that happens during delivery comes after those that were kept", () => {
  const wire = new WireEvents();
  const { events: received, listener } = recordingListener();
  wire.message("1");
  wire.message("2");
  wire.listen({
    ...listener,
    message(message) {
      listener.message(message);
      if (message === "1") wire.message("3");
    },
  });
  expect(received).toEqual(["1", "2", "3"]);
});

test("a listener that throws still gets later events", () => {
  const wire = new WireEvents();
  const { events: received, listener } = recordingListener();
  const failing = (message: unknown): void => {
    if (message === "1") throw new Error("cannot");
    received.push(message);
  };
  for (const message of ["1", "2"]) wire.message(message);
  expect(() => wire.listen({ ...listener, message: failing })).toThrow("cannot");
  wire.message("3");
  expect(received).toEqual(["2", "3"]);
});

test("no event follows the end, which comes once", () => {
  const wire = new WireEvents();
  const { events: received, listener } = recordingListener();
  wire.listen(listener);
  wire.pong();
  wire.closed(closed);
  wire.closed({ ...closed, code: 1006 });
  wire.message("late");
  wire.pong();
  expect(received).toEqual([1000]);
  expect(wire).toMatchObject({ messages: 0, pongs: 1 });
});

test("messages and pongs are counted until the end, also while there is no listener", () => {
  const wire = new WireEvents();
  expect(wire).toMatchObject({ messages: 0, pongs: 0 });
  wire.message("1");
  wire.pong();
  wire.message("2");
  wire.closed(closed);
  wire.message("late");
  expect(wire).toMatchObject({ messages: 2, pongs: 1 });
});
