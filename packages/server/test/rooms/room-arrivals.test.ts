import { describe, expect, test } from "vitest";
import { RoomArrivals } from "../../src/rooms/room-arrivals.ts";

/** The messages of these offsets, which have arrived. */
function arrive(...offsets: readonly number[]): RoomArrivals {
  const arrivals = new RoomArrivals();
  for (const offset of offsets) arrivals.add(entryOf(offset), "e");
  return arrivals;
}

const entryOf = (offset: number) => ({ name: "n", data: "", at: offset * 10, offset, previous: offset - 1 });

describe("what was read from a log that keeps nothing", () => {
  test.each([
    ["has the messages that have arrived since", 2, 5, [3, 4, 5], undefined, [3, 4, 5]],
    ["has a gap before the first of them", 2, 5, [5], { from: 2, to: 4 }, [5]],
    ["has none from before the position", 4, 5, [3, 4, 5], undefined, [5]],
    ["has those that arrived after it was read", 2, 2, [3], undefined, [3]],
    ["is the same when none has arrived", 2, 5, [], { from: 2, to: 5 }, []],
  ])("%s", (_, position, offset, arrived, gap, entries) => {
    const part = {
      epoch: "e",
      offset,
      entries: [],
      ...(position < offset && { gap: { from: position, to: offset } }),
    };
    expect(arrive(...arrived).complete(part, { epoch: "e", offset: position })).toEqual({
      epoch: "e",
      offset,
      ...(gap && { gap }),
      entries: entries.map(entryOf),
    });
  });

  test("of another epoch has those that arrived after it was read alone", () => {
    const part = { epoch: "e", offset: 4, gap: { from: 9, to: 4 }, entries: [] };
    const completed = arrive(3, 4, 5).complete(part, { epoch: "older", offset: 9 });
    expect(completed).toEqual({ epoch: "e", offset: 4, entries: [entryOf(5)] });
  });
});

test("the newest messages of 1 MiB are kept, and the newest one although it is larger", () => {
  const arrivals = new RoomArrivals();
  const part = { epoch: "e", offset: 3, entries: [] };
  const keptOf = () => arrivals.complete(part, { epoch: "e", offset: 0 }).entries.map(({ offset }) => offset);
  for (const offset of [1, 2, 3]) arrivals.add({ ...entryOf(offset), data: "x".repeat(2 ** 19) }, "e");
  expect(keptOf()).toEqual([2, 3]);
  arrivals.add({ ...entryOf(4), data: "x".repeat(2 ** 20 + 1) }, "e");
  expect(keptOf()).toEqual([4]);
});

test("the offset before a time is that of the message before the first one at that time", () => {
  const arrivals = arrive(3, 4, 5);
  expect([35, 40, 51].map((at) => arrivals.offsetBefore(at, "e"))).toEqual([3, 3, undefined]);
  expect(arrivals.offsetBefore(0, "another")).toBeUndefined();
});

describe("when older messages have gone, the offset before a time", () => {
  const offsets = Array.from({ length: 103 }, (_, n) => n + 3);

  test.each([
    ["is that before the first message that has arrived", 30, "e", 2],
    ["is that of the message before the first one at that time, if it has not gone", 60, "e", 5],
    ["is unknown in another epoch", 30, "another", undefined],
  ])("%s", (_, at, epoch, expected) => {
    expect(arrive(...offsets).offsetBefore(at, epoch)).toBe(expected);
  });

  test("remains known when all have gone", () => {
    const arrivals = arrive(3, 4, 5);
    arrivals.clear();
    expect(arrivals.offsetBefore(30, "e")).toBe(2);
    const part = { epoch: "e", offset: 6, gap: { from: 2, to: 6 }, entries: [] };
    expect(arrivals.complete(part, { epoch: "e", offset: 2 })).toBe(part);
  });
});
