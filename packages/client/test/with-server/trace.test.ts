import { connect, openSocket } from "@symbolon/client";
import { traceWebSocket } from "@symbolon/client/trace";
import { contract } from "@symbolon/protocol";
import { msgpack } from "@symbolon/protocol/msgpack";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import { expect, test } from "vitest";
import { z } from "zod";

const chat = contract("/chat", {
  query: z.object({ token: z.string() }),
  client: { post: z.string() },
  server: { posted: z.string() },
});

/** An app with a chat and a raw route, and a class that traces the sockets of its clients. */
function startTracedNetwork() {
  const app = createApp({ codecs: [msgpack] });
  app.implement(chat, (peer) => ({ post: (text) => void peer.send("posted", text) }));
  app.ws("/raw", async (socket) => {
    for await (const message of socket) void socket.send(message);
  });
  const net = testNetwork(app);
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line.replace(/^symbolon \d+ /, ""));
  const WebSocket = traceWebSocket({ WebSocket: net.WebSocket, codecs: [msgpack], log });
  return { url: "ws://app", allowInsecure: true, WebSocket, lines };
}

test.each([
  ["JSON", undefined, "symbolon.v1.json"],
  ["MessagePack", msgpack, msgpack.protocol],
])(
  "the trace of a client in %s has paths, names and sizes, and nothing secret",
  async (_, codec, protocol) => {
    const { lines, ...options } = startTracedNetwork();
    const client = connect(chat, {
      ...options,
      query: { token: "hidden" },
      getToken: () => "hidden",
      ...(codec && { codec }),
    });
    const posted = new Promise((resolve) => client.on("posted", resolve));
    await client.send("post", "hidden");
    await posted;
    client.close();
    await client.closed;
    expect(lines.slice(0, 2)).toEqual(['"/chat" dials', `"/chat" open protocol="${protocol}"`]);
    for (const frame of [
      "sent hello",
      'received welcome state="new"',
      'sent event name="post"',
      'received event name="posted"',
    ])
      expect(lines).toContainEqual(expect.stringContaining(`"/chat" ${frame}`));
    expect(lines.join()).not.toContain("hidden");
    expect(lines).toContain('"/chat" closes with 1000');
  },
);

test("the trace of a raw socket has sizes alone", async () => {
  const { lines, url, WebSocket } = startTracedNetwork();
  const socket = openSocket(`${url}/raw`, { WebSocket });
  await socket.send('{"t":"event","name":"hidden","data":1}');
  await socket.receive();
  socket.close();
  await socket.closed;
  expect(lines).toEqual([
    '"/raw" dials',
    '"/raw" open',
    '"/raw" sent text, 38 bytes',
    '"/raw" received text, 38 bytes',
    '"/raw" closes with 1000',
  ]);
});
