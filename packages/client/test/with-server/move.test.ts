import { connect } from "@symbolon/client";
import { contract } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { memoryStore } from "@symbolon/server/store";
import { Clock, type TestNetwork, testNetwork } from "@symbolon/server/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { waitOptions } from "../../../../test/time-limits.ts";
import { retryAtOnce, socketsOf } from "./moving-client.ts";

const numbers = contract("/numbers", { client: { post: z.number() }, server: { posted: z.number() } });

retryAtOnce();

/** Two server nodes with one store, and a client that connects to the current node. */
function startTwoNodes() {
  const store = memoryStore();
  const log: string[] = [];
  const clock = new Clock();
  const state = {
    currentNode: 0,
    /** How often the client connected to each node. */
    attempts: [0, 0],
    /** Runs in the handler of each node. */
    onPost: (_node: number, _n: number): unknown => undefined,
  };
  const nets = [0, 1].map((node) => {
    const app = createApp({ clock, store, onError: (error) => void log.push(String(error)) });
    app.implement(numbers, (peer) => ({
      post: (n) => {
        log.push(`${n} at ${node}`);
        peer.send("posted", n);
        return state.onPost(node, n);
      },
    }));
    return testNetwork(app);
  });
  const dial = (): TestNetwork => {
    state.attempts[state.currentNode] = Number(state.attempts[state.currentNode]) + 1;
    return nets[state.currentNode] as TestNetwork;
  };
  const client = connect(numbers, { url: "ws://test", WebSocket: socketsOf(dial) });
  onTestFinished(() => client.close());
  const posted: number[] = [];
  client.on("posted", (n) => posted.push(n));
  client.onReset(({ reason }) => log.push(`reset: ${reason}`));
  /** Moves the client to the other node; the previous node does not detect that its connection is lost. */
  const moveClient = (): void => {
    const previous = nets[state.currentNode];
    state.currentNode = 1 - state.currentNode;
    previous?.drop("client");
  };
  return { client, clock, store, state, moveClient, log, posted };
}

test("a session moves between two nodes, although the previous node still has it", async () => {
  const { client, moveClient, log, posted } = startTwoNodes();
  await client.send("post", 1);
  for (const n of [2, 3, 4]) {
    moveClient();
    await client.send("post", n);
  }
  expect(log).toEqual(["1 at 0", "2 at 1", "3 at 0", "4 at 1"]);
  await vi.waitFor(() => expect(posted).toEqual([1, 2, 3, 4]), waitOptions);
});

test("a message that the other node has handled is not handled again, although the client received no acknowledgement", async () => {
  const { client, state, moveClient, log, posted } = startTwoNodes();
  await client.send("post", 1);
  moveClient();
  state.onPost = (node, n) => void (node === 1 && n === 2 && moveClient());
  await client.send("post", 2);
  await client.send("post", 3);
  expect(log).toEqual(["1 at 0", "2 at 1", "3 at 0"]);
  await vi.waitFor(() => expect(posted).toEqual([1, 2, 3]), waitOptions);
});

test("a message that one node is handling when its client moves to another is not handled again", async () => {
  const { client, state, moveClient, log, posted } = startTwoNodes();
  await client.send("post", 1);
  let finish = (): void => {};
  state.onPost = async (_node, n) => {
    if (n !== 2) return;
    moveClient();
    await new Promise<void>((resolve) => (finish = resolve));
  };
  const sent = client.send("post", 2);
  await vi.waitFor(() => expect(state.attempts).toEqual([1, 1]), waitOptions);
  finish();
  await sent;
  await client.send("post", 3);
  expect(log).toEqual(["1 at 0", "2 at 0", "3 at 1"]);
  await vi.waitFor(() => expect(posted).toEqual([1, 2, 3]), waitOptions);
});

test("a node waits for its running handler before it handles the message of a returning session again", async () => {
  const { client, clock, store, state, moveClient, log } = startTwoNodes();
  await client.send("post", 1);
  /** The node that the client comes to waits for the other one, until it takes the session: this one's claim has that fence. */
  const takeSession = async (fence: number): Promise<void> =>
    vi.waitFor(async () => {
      clock.advance(1_000);
      expect(await store.sessions.list()).toMatchObject([{ claim: { fence } }]);
    }, waitOptions);
  const finishes: (() => void)[] = [];
  state.onPost = async () => {
    if (finishes.length < 2) moveClient();
    await new Promise<void>((resolve) => finishes.push(resolve));
  };
  const sent = client.send("post", 2);
  await takeSession(2);
  await vi.waitFor(() => expect(log).toEqual(["1 at 0", "2 at 0", "2 at 1"]), waitOptions);
  await takeSession(3);
  for (let n = 0; n < 10; n += 1) {
    await new Promise(setImmediate);
    clock.advance(300); // the time that the end of a session waits for its handlers
  }
  log.push("the first handler finished");
  finishes[0]?.();
  await vi.waitFor(() => expect(log).toHaveLength(5), waitOptions);
  finishes[2]?.();
  await sent;
  expect(log).toEqual(["1 at 0", "2 at 0", "2 at 1", "the first handler finished", "2 at 0"]);
});
