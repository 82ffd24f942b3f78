import { connect } from "@symbolon/client";
import { contract, request, stream } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { memoryStore } from "@symbolon/server/store";
import { testNetwork } from "@symbolon/server/testing";
import { expect, test, vi } from "vitest";
import { z } from "zod";

const counting = contract("/counting", {
  client: {
    say: z.number(),
    double: request({ input: z.number(), output: z.number() }),
    up: stream({ input: z.number(), output: z.number() }),
  },
  server: {},
});

function set() {
  const app = createApp({ store: memoryStore() });
  const keys: [number, string][] = [];
  let hold: Promise<void> | undefined;
  app.implement(counting, () => ({
    say: (n, { messageKey }) => {
      keys.push([n, messageKey]);
      return hold;
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
  return { net, keys, hangs: () => void (hold = new Promise(() => {})), goes: () => void (hold = undefined) };
}

test("every message has a key of its own, whatever its kind", async () => {
  const { net, keys } = set();
  const client = connect(counting, { url: "ws://test", WebSocket: net.WebSocket });
  await client.send("say", 1);
  await client.request("double", 2);
  for await (const _ of client.stream("up", 3));
  await client.send("say", 4);
  expect(keys.map(([n]) => n)).toEqual([1, 2, 3, 4]);
  expect(new Set(keys.map(([, key]) => key)).size).toBe(4);
  client.close();
});

test("a message that is handled again after a crash has the key it had", async () => {
  const { net, keys, hangs, goes } = set();
  const client = connect(counting, { url: "ws://test", WebSocket: net.WebSocket });
  await client.send("say", 1);
  hangs();
  const sent = client.send("say", 2);
  await vi.waitFor(() => expect(keys).toHaveLength(2));
  goes();
  await net.restart();
  await sent;
  expect(keys.map(([n]) => n)).toEqual([1, 2, 2]);
  expect(keys[2]).toEqual(keys[1]);
  client.close();
});

test("a plain client's messages have keys as well", async () => {
  const { net, keys } = set();
  await using socket = await net.connect("/counting");
  socket.send(JSON.stringify({ t: "event", name: "say", data: 1 }));
  socket.send(JSON.stringify({ t: "event", name: "say", data: 2 }));
  await vi.waitFor(() => expect(keys).toHaveLength(2));
  expect(keys[0]?.[1]).not.toBe(keys[1]?.[1]);
});
