import { expect, test } from "vitest";
import { joinedWires } from "../../src/wire/joined-wires.ts";
import { WireEvents, type WireListener } from "../../src/wire/wire.ts";
import { fill, hearing, wireConformance } from "./wire-conformance.ts";

wireConformance(
  "joined wires",
  (protocol) => {
    const [near, far] = joinedWires(protocol);
    return { near, far };
  },
  { pauses: true, pings: false },
);

test("on joined wires a message arrives later, and not while the other end is paused", async () => {
  const [near, far] = joinedWires();
  const heard = hearing(far);
  near.send("1");
  expect(heard.size).toBe(0);
  await Promise.resolve();
  expect(heard.size).toBe(1);
  far.pause();
  near.send("2");
  await new Promise(setImmediate);
  expect(heard.size).toBe(1);
  far.resume();
  near.send("3");
  expect([await heard.pull(), await heard.pull(), await heard.pull()]).toEqual(["1", "2", "3"]);
});

test("on joined wires one who waits for room is released when the paused end closes", async () => {
  const [near, far] = joinedWires();
  far.pause();
  const { drained } = fill(near);
  far.close(1000, "");
  await expect(drained).resolves.toBeUndefined();
});

function collector(): { told: unknown[]; listener: WireListener } {
  const told: unknown[] = [];
  const listener: WireListener = {
    message: (message) => void told.push(message),
    closed: ({ code }) => void told.push(code),
    pong: () => void told.push("pong"),
  };
  return { told, listener };
}

const closed = { code: 1000, reason: "", wasClean: true };

test("events are kept until someone listens, and the count says how many", () => {
  const events = new WireEvents();
  const { told, listener } = collector();
  events.message("1");
  events.closed(closed);
  expect([events.buffered, events.ended]).toEqual([2, true]);
  events.listen(listener);
  expect(told).toEqual(["1", 1000]);
  expect(events.buffered).toBe(0);
});

test("what happens while the kept is told comes after it", () => {
  const events = new WireEvents();
  const { told, listener } = collector();
  events.message("1");
  events.message("2");
  events.listen({
    ...listener,
    message(message) {
      listener.message(message);
      if (message === "1") events.message("3");
    },
  });
  expect(told).toEqual(["1", "2", "3"]);
});

test("a listener that throws is still told what comes after", () => {
  const events = new WireEvents();
  const { told, listener } = collector();
  const picky = (message: unknown): void => {
    if (message === "1") throw new Error("cannot");
    told.push(message);
  };
  for (const message of ["1", "2"]) events.message(message);
  expect(() => events.listen({ ...listener, message: picky })).toThrow("cannot");
  events.message("3");
  expect(told).toEqual(["2", "3"]);
});

test("nothing is told after the end, and the end is told once", () => {
  const events = new WireEvents();
  const { told, listener } = collector();
  events.listen(listener);
  events.pong();
  events.closed(closed);
  events.closed({ ...closed, code: 1006 });
  events.message("late");
  events.pong();
  expect(told).toEqual(["pong", 1000]);
});
