// S26: clients that never read, with a bound that is small enough to be exceeded soon.
import { once } from "node:events";
import type { Socket } from "node:net";
import { type Closed, contract } from "@symbolon/protocol";
import { createApp, type SessionChange } from "@symbolon/server";
import { attach, serve } from "@symbolon/server/node";
import { Clock } from "@symbolon/server/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { WebSocket } from "ws";
import { connectFrameClient } from "../contract/frame-client.ts";
import { valueGate } from "../gate.ts";
import { connectRawClient, handshake } from "./raw-client.ts";
import { startHost } from "./test-host.ts";

const news = contract("/news", { client: { hi: z.null() }, server: { item: z.string() } });
const text = "x".repeat(60_000);
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test.each(["plain", "raw"])(
  "a %s client that never reads ends with 4901 when too much waits, and one that reads stays",
  async (mode) => {
    const ends: Closed[] = [];
    const count = { joined: 0, received: 0, sent: 0 };
    const app = createApp({ limits: { outboundBytes: 2 ** 21 } });
    app.ws("/raw", async (socket) => {
      await socket.accept();
      app.room("all").join(socket);
      count.joined += 1;
      ends.push(await socket.closed);
    });
    const service = app.implement(news, (peer, { room }) => {
      room("all").join(peer);
      count.joined += 1;
      void peer.closed.then((end) => ends.push(end));
      return { hi: () => {} };
    });
    await using server = await serve(app, { port: 0 });
    const path = mode === "raw" ? "/raw" : "/news";
    const [stalled, reading] = [1, 2].map(() => new WebSocket(`ws://127.0.0.1:${server.port}${path}`));
    if (stalled === undefined || reading === undefined) throw new Error("there are two");
    reading.on("message", () => (count.received += 1));
    await Promise.all([once(stalled, "open"), once(reading, "open")]);
    stalled.pause();
    while (count.joined < 2) await turn();
    for (; ends.length === 0; count.sent += 1) {
      if (mode === "raw") await app.room("all").send(text);
      else await service.room("all").send("item", text);
      while (count.received <= count.sent - 5) await turn(); // the client that reads keeps up
      await turn();
    }
    expect(ends).toEqual([
      {
        code: 4901,
        reason: "all clients together read too slowly (limits.outboundBytes)",
        wasClean: false,
      },
    ]);
    while (count.received < count.sent) await turn();
    expect(reading.readyState).toBe(WebSocket.OPEN);
    stalled.terminate();
    reading.close();
  },
);

test("a session whose wire ends since too much waits is detached, and waits for its client", async () => {
  const changes: SessionChange[] = [];
  const app = createApp({ limits: { outboundBytes: 10_000 } });
  let send = (_text: string): void => {};
  app.implement(news, (peer) => {
    send = (item) => void peer.send("item", item);
    peer.subscribe((change) => changes.push(change));
    return { hi: () => {} };
  });
  const server = await serve(app, { port: 0 });
  const { socket } = await connectFrameClient(server.port, { path: "/news" });
  send("small");
  await turn();
  expect(changes).toEqual([]);
  send(text);
  await once(socket, "close");
  expect(changes).toEqual([{ type: "detached" }]);
  expect(app.gauges().detachedBytes).toBeGreaterThan(60_000);
  await server.close();
});

/** Serves one large message. The clock is the test's; `taken` is how much the system has taken of the message. */
async function serveLargeMessage(bytes: number) {
  const clock = new Clock();
  const app = createApp({ clock });
  const closed = valueGate<Closed>();
  app.ws("/", async (socket) => {
    void socket.send(new Uint8Array(bytes));
    closed.open(await socket.closed);
  });
  const host = await startHost();
  attach(host.server, app);
  const connection = once(host.server, "connection");
  const client = await connectRawClient(host.port);
  const [socket] = (await connection) as [Socket & { _handle: { writeQueueSize: number } }];
  client.write(handshake("/"));
  while (socket.writableLength < bytes) await turn();
  return { host, clock, client, closed: closed.passed, taken: () => bytes - socket._handle.writeQueueSize };
}

test("a client that reads 32 MiB slowly and steadily is not disconnected", async () => {
  const bytes = 2 ** 25;
  const { host, clock, client, taken } = await serveLargeMessage(bytes);
  const closed: string[] = [];
  void client.closed.then(() => closed.push("closed"));
  let [received, before] = [0, taken()];
  while (received < bytes && closed.length === 0) {
    const chunk = client.socket.read() as Buffer | null;
    if (chunk === null) await Promise.race([once(client.socket, "readable"), client.closed]);
    else received += chunk.length;
    if (taken() > before && taken() < bytes) clock.advance(6_000);
    before = taken();
  }
  expect(received).toBeGreaterThan(bytes);
  expect(clock.now).toBeGreaterThan(20_000);
  client.reset();
  host[Symbol.dispose]();
});

test("a client that reads nothing of 32 MiB ends with 4901", async () => {
  const { host, clock, client, closed } = await serveLargeMessage(2 ** 25);
  const ends: Closed[] = [];
  void closed.then((end) => ends.push(end));
  while (ends.length === 0) {
    clock.advance(10_000);
    await turn();
  }
  expect(ends).toEqual([{ code: 4901, reason: "reads too slowly", wasClean: false }]);
  client.reset();
  host[Symbol.dispose]();
});
