/** What an open connection keeps while nothing happens on it. */
import { once } from "node:events";
import { createServer, IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { queryObjects } from "node:v8";
import { createApp, listen } from "@symbolon/server";
import { attach, type NodeRequest } from "@symbolon/server/node";
import { Clock } from "@symbolon/server/testing";
import { expect, test, vi } from "vitest";
import { waitOptions } from "../../../../test/time-limits.ts";

const count = 20;

async function startIdleServer() {
  const kept: (NodeRequest | undefined)[] = [];
  const clock = new Clock();
  const app = createApp({ clock });
  app.ws("/reads", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  app.ws(
    "/listens",
    listen((message) => message),
  );
  app.ws("/waits", async (socket) => {
    await socket.accept();
    await socket.closed;
  });
  app.ws("/keeps", async (socket, { node }) => {
    await socket.accept();
    kept.push(node);
    await socket.closed;
  });
  const server = createServer();
  const attached = attach(server, app);
  const sockets: Socket[] = [];
  server.on("connection", (socket) => sockets.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const clients: Socket[] = [];
  const open = async (path: string): Promise<Socket> => {
    const client = connect(port, "127.0.0.1");
    clients.push(client);
    client.write(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    const [answer] = (await once(client, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 101 /);
    return client;
  };
  await open("/reads"); // what the first connection makes for all
  return {
    /** The connections as the server has them. */
    sockets,
    clock,
    /** What handlers at `/keeps` keep. */
    kept,
    open,
    /** How many objects of a class each connection at a path keeps. */
    countKept: async (path: string, constructor: new (...args: never) => object): Promise<number> => {
      const before = queryObjects(constructor) as unknown as number;
      for (let n = 0; n < count; n += 1) await open(path);
      const after = queryObjects(constructor) as unknown as number;
      return (after - before) / count;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy();
      await attached.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

test("all connections share their listeners", async () => {
  await using server = await startIdleServer();
  await server.open("/reads");
  const [one, other] = server.sockets.map((socket) =>
    socket.eventNames().map((name) => [name, socket.rawListeners(name)] as const),
  );
  for (const [at, [name, listeners]] of (one ?? []).entries()) {
    const [otherName, others] = other?.[at] ?? [];
    expect(otherName).toBe(name);
    expect(others?.length).toBe(listeners.length);
    for (const [n, listener] of listeners.entries()) expect(others?.[n]).toBe(listener);
  }
});

test.each(["/reads", "/waits"])(
  "a connection at %s keeps nothing of Node's request, since its handler does not keep the context",
  async (path) => {
    await using server = await startIdleServer();
    expect(await server.countKept(path, IncomingMessage)).toBe(0);
  },
);

test("a handler that keeps `node` finds the request in it until the connection has closed", async () => {
  await using server = await startIdleServer();
  expect(await server.countKept("/keeps", IncomingMessage)).toBe(1);
  const client = await server.open("/keeps");
  expect(queryObjects(IncomingMessage as never)).toBe(count + 1);
  const node = server.kept.at(-1);
  expect(node?.request?.url).toBe("/keeps");
  client.destroy();
  await vi.waitUntil(() => node?.request === undefined, waitOptions);
});

test.each([
  ["/waits", 3],
  ["/listens", 4],
  ["/reads", 5],
])("a connection at %s keeps %i promises", async (path, promises) => {
  await using server = await startIdleServer();
  expect(Math.round(await server.countKept(path, Promise))).toBe(promises);
});
