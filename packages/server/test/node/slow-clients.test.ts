/** Clients that send a request too slowly, or one that is too large. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createApp } from "@symbolon/server";
import { attach, serve } from "@symbolon/server/node";
import { expect, test } from "vitest";
import { connectRawClient, handshake } from "./raw-client.ts";

function createEchoApp() {
  const app = createApp();
  app.ws("/echo", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  return app;
}

type TimedServer = HttpServer & { connectionsCheckingInterval: number };

/** Serves an app, and finds the HTTP server below. */
async function serveApp() {
  const server = await serve(createEchoApp(), { port: 0 });
  let http: TimedServer | undefined;
  const found = (message: unknown): void => void (http = (message as { server: TimedServer }).server);
  subscribe("http.server.request.start", found);
  await fetch(server.url);
  unsubscribe("http.server.request.start", found);
  if (http === undefined) throw new Error("no HTTP server was found");
  return { http, port: server.port, close: () => server.close() };
}

/** Attaches an app to a server of the test's own. */
async function attachApp() {
  const http = createServer() as TimedServer;
  const attached = attach(http, createEchoApp());
  http.listen(0);
  await once(http, "listening");
  const close = async (): Promise<void> => {
    await attached.close();
    http.close();
    http.closeAllConnections();
  };
  return { http, port: (http.address() as AddressInfo).port, close };
}

// S5, L5
test.each([
  ["serve", serveApp],
  ["attach", attachApp],
])(
  "under %s a client that never completes its request is answered with 408 and disconnected",
  async (_how, start) => {
    const { http, port, close } = await start();
    expect([http.headersTimeout, http.connectionsCheckingInterval]).toEqual([10_000, 5_000]);
    using working = await connectRawClient(port);
    expect((await working.open("/echo")).status).toBe(101);
    // Node measures them by a clock that no test can advance, and reads the second one when it begins to listen.
    http.headersTimeout = 1;
    http.connectionsCheckingInterval = 1;
    http.emit("listening");
    for (const text of ["", "GET /ec", handshake("/echo").slice(0, -2)]) {
      using client = await connectRawClient(port);
      client.write(text);
      expect((await client.response()).status).toBe(408);
      await client.rest();
    }
    expect(working.socket.readableEnded).toBe(false);
    working.reset();
    await close();
  },
);

// S5, L5
test("`attach` leaves the time limits that the server was given", () => {
  const options = { headersTimeout: 20_000, requestTimeout: 90_000, connectionsCheckingInterval: 1_000 };
  const http = createServer(options) as TimedServer;
  attach(http, createEchoApp());
  expect([http.headersTimeout, http.requestTimeout, http.connectionsCheckingInterval]).toEqual([
    20_000, 90_000, 1_000,
  ]);
});

// S5
test.each([
  ["serve", serveApp],
  ["attach", attachApp],
])("under %s headers of more than 16 KiB are answered with 431", async (_how, start) => {
  const { port, close } = await start();
  using client = await connectRawClient(port);
  expect((await client.open("/echo", { "x-large": "x".repeat(16 * 1024) })).status).toBe(431);
  using next = await connectRawClient(port);
  expect((await next.open("/echo", { "x-large": "x".repeat(15 * 1024) })).status).toBe(101);
  next.reset();
  await close();
});
