/** A process that has far more clients than the others asks some of them to connect elsewhere. */
import { expect, test, vi } from "vitest";
import { Balance } from "../../src/access/balance.ts";
import { waitOptions } from "../../../../test/time-limits.ts";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import { Clock } from "../../src/timing/clock.ts";

const beat = 5_000;

/** A process with so many clients; those that it asks are gone at once. */
function createNode(log: ReturnType<typeof memoryStore>["rooms"], clock: Clock, connected: number) {
  const onError = vi.fn();
  const balance = new Balance({ log, clock, onError });
  const node = {
    connected,
    moveAway: vi.fn((count: number) => {
      node.connected -= count;
      return count;
    }),
  };
  balance.start(node);
  return { node, balance, onError };
}

function createNodes(...counts: readonly number[]) {
  const { rooms } = memoryStore();
  const clock = new Clock();
  const nodes = counts.map((count) => createNode(rooms, clock, count));
  const asked = (): number[][] => nodes.map(({ node }) => node.moveAway.mock.calls.map(([count]) => count));
  return { rooms, clock, nodes, asked };
}

test("a process that has far more clients than the others asks a tenth of what is above the mean", () => {
  const { clock, asked } = createNodes(100, 100, 10);
  clock.advance(beat);
  expect(asked()).toEqual([[3], [3], []]);
});

test("it goes on until it has about as many as the others, though it has not far more any more", () => {
  const { clock, nodes } = createNodes(100, 100, 10);
  const [first, second, third] = nodes.map(({ node }) => node);
  if (first === undefined || second === undefined || third === undefined) throw new Error("three nodes");
  for (let n = 0; n < 60; n += 1) {
    clock.advance(beat);
    third.connected = 210 - first.connected - second.connected; // the clients find the one that has few
  }
  expect(first.connected).toBeLessThanOrEqual(74);
  expect(third.connected).toBeGreaterThanOrEqual(62);
  first.moveAway.mockClear();
  clock.advance(beat);
  expect(first.moveAway).not.toHaveBeenCalled();
});

test("processes that have a few more or less ask no client", () => {
  const { clock, asked } = createNodes(100, 90, 78);
  clock.advance(beat);
  expect(asked()).toEqual([[], [], []]);
});

test("a process alone asks no client, and so does one whose others take no more clients, or are silent", () => {
  const { clock, nodes, asked } = createNodes(100, 10, 10);
  nodes[1]?.balance.stop();
  nodes[2]?.balance.crash();
  clock.advance(beat);
  expect(asked()[0]).toEqual([5]);
  for (let n = 0; n < 10; n += 1) clock.advance(beat);
  expect(asked()[0]).toEqual([5, 5, 4]); // then the one that is silent has expired
});

test("announcements of another version are reported, and a failing store stops nothing", async () => {
  const { rooms, clock, nodes, asked } = createNodes(100, 10);
  const [first] = nodes;
  const keep = { messages: 0, ms: 0 };
  const unreadable = ['{"connected":"many"}', '{"node":"n","connected":-100}'];
  for (const data of unreadable) await rooms.append("symbolon balance", { name: "load", data, at: 0 }, keep);
  expect(first?.onError.mock.calls).toEqual(unreadable.map(() => [expect.any(TypeError)]));
  vi.spyOn(rooms, "append").mockRejectedValueOnce(new Error("no connection"));
  clock.advance(beat);
  await vi.waitFor(() => expect(first?.onError).toHaveBeenCalledTimes(3), waitOptions);
  expect(asked()[0]).toEqual([5]);
});
