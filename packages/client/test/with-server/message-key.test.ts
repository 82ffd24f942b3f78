import { connect } from "@symbolon/client";
import { contract, request, stream } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { memoryStore } from "@symbolon/server/store";
import { testNetwork } from "@symbolon/server/testing";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { slow, waitOptions } from "../../../../test/time-limits.ts";

const numbers = contract("/numbers", {
  client: {
    post: z.number(),
    double: request({ input: z.number(), output: z.number() }),
    up: stream({ input: z.number(), output: z.number() }),
  },
  server: {},
});

/** An app with a store, and the message keys that its handlers received. */
function createKeyServer() {
  const app = createApp({ store: memoryStore() });
  const keys: [number, string][] = [];
  let gate: Promise<void> | undefined;
  app.implement(numbers, () => ({
    post: (n, { messageKey }) => {
      keys.push([n, messageKey]);
      return gate;
    },
    double: (n, { messageKey }) => {
      keys.push([n, messageKey]);
      return 2 * n;
    },
    up: function* (n, { messageKey }) {
      keys.push([n, messageKey]);
      yield n;
    },
  }));
  const net = testNetwork(app);
  return {
    net,
    keys,
    blockHandler: () => void (gate = new Promise(() => {})),
    unblockHandler: () => void (gate = undefined),
  };
}

test("each event, request and stream has a different key", async () => {
  const { net, keys } = createKeyServer();
  const client = connect(numbers, { url: "ws://test", WebSocket: net.WebSocket });
  await client.send("post", 1);
  await client.request("double", 2);
  for await (const _ of client.stream("up", 3));
  await client.send("post", 4);
  expect(keys.map(([n]) => n)).toEqual([1, 2, 3, 4]);
  expect(new Set(keys.map(([, key]) => key)).size).toBe(4);
  client.close();
});

test("a message that is handled again after a crash has the same key", slow, async () => {
  const { net, keys, blockHandler, unblockHandler } = createKeyServer();
  const client = connect(numbers, { url: "ws://test", WebSocket: net.WebSocket });
  await client.send("post", 1);
  blockHandler();
  const sent = client.send("post", 2);
  await vi.waitFor(() => expect(keys).toHaveLength(2), waitOptions);
  unblockHandler();
  await net.restart();
  await sent;
  expect(keys.map(([n]) => n)).toEqual([1, 2, 2]);
  expect(keys[2]).toEqual(keys[1]);
  client.close();
});

test("the messages of a plain client have keys too", async () => {
  const { net, keys } = createKeyServer();
  await using socket = await net.connect("/numbers");
  socket.send(JSON.stringify({ t: "event", name: "post", data: 1 }));
  socket.send(JSON.stringify({ t: "event", name: "post", data: 2 }));
  await vi.waitFor(() => expect(keys).toHaveLength(2), waitOptions);
  expect(keys[0]?.[1]).not.toBe(keys[1]?.[1]);
});
