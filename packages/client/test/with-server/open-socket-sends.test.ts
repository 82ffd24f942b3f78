/** What a raw socket sends when there is no wire that takes it. */
import { CloseError, type Message } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { testNetwork } from "@symbolon/server/testing";
import { openSocket } from "@symbolon/client";
import { expect, test } from "vitest";

/** An app that sends five messages and closes at once; its second connection sends what it receives to `received`. */
function createApps(code: number) {
  const received: Message[] = [];
  let connections = 0;
  const app = createApp();
  app.ws("/", async (socket) => {
    connections += 1;
    await socket.accept();
    if (connections === 1) {
      for (let n = 1; n <= 5; n += 1) void socket.send(String(n));
      socket.close(code);
    }
    for await (const message of socket) received.push(message);
  });
  return { app, received };
}

test("a reply to a server that closes for good rejects, since it does not arrive", async () => {
  const { app, received } = createApps(1000);
  await using server = await serve(app, { port: 0 });
  await using socket = openSocket(`ws://localhost:${server.port}/`);
  const outcomes: Promise<unknown>[] = [];
  for await (const message of socket)
    outcomes.push(
      socket.send(`reply ${String(message)}`).then(
        () => "sent",
        (error: unknown) => error,
      ),
    );
  expect(outcomes).toHaveLength(5);
  for (const outcome of await Promise.all(outcomes)) expect(outcome).toBeInstanceOf(CloseError);
  expect(received).toEqual([]);
});

test("a reply to a server that closes and is dialled again arrives on the next connection", async () => {
  const { app, received } = createApps(1012);
  await using server = await serve(app, { port: 0 });
  await using socket = openSocket(`ws://localhost:${server.port}/`);
  const sent: Promise<void>[] = [];
  for await (const message of socket) {
    sent.push(socket.send(`reply ${String(message)}`).then(() => undefined));
    if (sent.length === 5) break;
  }
  await Promise.all(sent);
  socket.close();
  await socket.closed;
  await server.close();
  expect(received).toEqual([1, 2, 3, 4, 5].map((n) => `reply ${n}`));
});

test("bytes that are sent before there is a connection are copied", async () => {
  const app = createApp();
  app.ws("/", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  const net = testNetwork(app);
  await using socket = openSocket("ws://test/", { WebSocket: net.WebSocket });
  const bytes = new Uint8Array([1, 2, 3]);
  void socket.send(bytes);
  bytes.fill(0);
  expect(await socket.receive()).toEqual(new Uint8Array([1, 2, 3]));
});

test("bytes that a handler sends before the handshake is accepted are copied", async () => {
  const app = createApp();
  app.ws("/", async (socket) => {
    const bytes = new Uint8Array([1, 2, 3]);
    void socket.send(bytes);
    bytes.fill(0);
    await socket.closed;
  });
  await using server = await serve(app, { port: 0 });
  for (const options of [{}, { WebSocket: testNetwork(app).WebSocket }]) {
    await using socket = openSocket(`ws://localhost:${server.port}/`, options);
    expect(await socket.receive()).toEqual(new Uint8Array([1, 2, 3]));
  }
});
