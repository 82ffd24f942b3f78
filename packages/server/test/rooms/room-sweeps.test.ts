import { expect, test, vi } from "vitest";
import { RoomSweeps } from "../../src/rooms/room-sweeps.ts";
import { Clock } from "../../src/timing/clock.ts";

test.each([
  ["three times when the interval is as long", 1_000, 1_000, 3],
  ["until an empty room is forgotten", 1_000, 5_000, 7],
])("the logs are swept %s after the last use", (_, interval, idle, expected) => {
  const clock = new Clock();
  const sweep = vi.fn<() => void>();
  const sweeps = new RoomSweeps(clock, { interval, idle }, sweep);
  for (let use = 0; use < 2; use += 1) sweeps.schedule();
  for (let n = 0; n < 20; n += 1) clock.advance(1_000);
  expect(sweep).toHaveBeenCalledTimes(expected);
});

test("rooms that are never forgotten schedule one sweep, however often they are used", () => {
  const clock = new Clock();
  const after = vi.spyOn(clock, "after");
  const sweeps = new RoomSweeps(clock, { interval: Infinity, idle: Infinity }, () => {});
  for (let use = 0; use < 3; use += 1) sweeps.schedule();
  expect(after).toHaveBeenCalledOnce();
});
