import { expect, test } from "vitest";
import { PresenceNodes } from "../../../src/rooms/presence/presence-nodes.ts";
import { memoryStore } from "../../../src/store/memory/memory-store.ts";
import { Clock } from "../../../src/timing/clock.ts";

/** Two processes of one store, each with a clock: the first one notes what happens to the other. */
function startNodes(hasConnections: boolean) {
  const { rooms } = memoryStore();
  const seen: string[] = [];
  const listener = {
    expire: () => {
      seen.push("expired");
      return hasConnections;
    },
    onReturn: () => void seen.push("returned"),
    retry: () => {},
  };
  const start = (clock: Clock): PresenceNodes => {
    const nodes = new PresenceNodes({ log: rooms, key: "nodes", clock, onError: () => {} }, listener);
    nodes.start();
    return nodes;
  };
  const [clock, other] = [new Clock(), new Clock()];
  start(clock);
  start(other);
  const pass = (ms: number, ...clocks: Clock[]): void => {
    for (let passed = 0; passed < ms; passed += 1_000) for (const one of clocks) one.advance(1_000);
  };
  return { clock, other, seen, pass };
}

test.each([
  [true, ["expired", "returned"]],
  [false, ["expired"]],
])("a process that goes on is asked for its connections, if it had some: %j", (hasConnections, expected) => {
  const { clock, other, seen, pass } = startNodes(hasConnections);
  pass(20_000, clock, other);
  expect(seen).toEqual([]);
  pass(21_000, clock);
  expect(seen).toEqual(["expired"]);
  pass(6_000, clock, other);
  expect(seen).toEqual(expected);
});
