import { connect } from "@symbolon/client";
import { contract } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { memoryStore } from "@symbolon/server/store";
import { Clock, type TestNetwork, testNetwork } from "@symbolon/server/testing";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";

const counting = contract("/counting", { client: { say: z.number() }, server: { told: z.number() } });

// The client dials at once.
beforeEach(() => {
  const random = vi.spyOn(Math, "random").mockReturnValue(0);
  onTestFinished(() => random.mockRestore());
});

/** Two nodes that have one store, and a client that dials whichever is `here`. */
function nodes() {
  const store = memoryStore();
  const log: string[] = [];
  const clock = new Clock();
  const place = { here: 0, dials: [0, 0], heard: (_node: number, _n: number): unknown => undefined };
  const nets = [0, 1].map((node) => {
    const app = createApp({ clock, store, onError: (error) => void log.push(String(error)) });
    app.implement(counting, (peer) => ({
      say: (n) => {
        log.push(`${n} at ${node}`);
        peer.send("told", n);
        return place.heard(node, n);
      },
    }));
    return testNetwork(app);
  });
  const Nearest = class {
    constructor(url: string, protocols: string[]) {
      const { WebSocket } = nets[place.here] as TestNetwork;
      place.dials[place.here] = Number(place.dials[place.here]) + 1;
      return new WebSocket(url, protocols);
    }
  };
  const client = connect(counting, { url: "ws://test", WebSocket: Nearest as never });
  onTestFinished(() => client.close());
  const told: number[] = [];
  client.on("told", (n) => told.push(n));
  client.onReset(({ reason: why }) => log.push(`reset: ${why}`));
  /** The client goes to the other node, and the one that it leaves does not learn of it. */
  const move = (): void => {
    const left = nets[place.here];
    place.here = 1 - place.here;
    left?.drop("client");
  };
  return { client, clock, place, move, log, told };
}

test("a session goes from one node to the other and back, though the one that it left still has it", async () => {
  const { client, move, log, told } = nodes();
  await client.send("say", 1);
  for (const n of [2, 3, 4]) {
    move();
    await client.send("say", n);
  }
  expect(log).toEqual(["1 at 0", "2 at 1", "3 at 0", "4 at 1"]);
  await vi.waitFor(() => expect(told).toEqual([1, 2, 3, 4]));
});

test("what was handled at the other node is not handled again, though the client was not told", async () => {
  const { client, place, move, log, told } = nodes();
  await client.send("say", 1);
  move();
  place.heard = (node, n) => void (node === 1 && n === 2 && move());
  await client.send("say", 2);
  await client.send("say", 3);
  expect(log).toEqual(["1 at 0", "2 at 1", "3 at 0"]);
  await vi.waitFor(() => expect(told).toEqual([1, 2, 3]));
});

test("what is still handled here is not handled anew when its session comes back", async () => {
  const { client, clock, place, move, log } = nodes();
  await client.send("say", 1);
  const working: (() => void)[] = [];
  place.heard = async () => {
    if (working.length < 2) move();
    await new Promise<void>((resolve) => working.push(resolve));
  };
  const sent = client.send("say", 2);
  await vi.waitFor(() => expect(log).toEqual(["1 at 0", "2 at 0", "2 at 1"]));
  await vi.waitFor(() => expect(place.dials).toEqual([3, 1]));
  for (let turn = 0; turn < 10; turn += 1) {
    await new Promise(setImmediate);
    clock.advance(300); // so long the end of a session waits for its handlers
  }
  log.push("the first is done");
  working[0]?.();
  await vi.waitFor(() => expect(log).toHaveLength(5));
  working[2]?.();
  await sent;
  expect(log).toEqual(["1 at 0", "2 at 0", "2 at 1", "the first is done", "2 at 0"]);
});
