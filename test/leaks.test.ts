/** Opens and closes 10,000 connections of all kinds, and checks that no object, socket, timer or memory of them remains. */
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { connect } from "@symbolon/client";
import { contract, json, text } from "@symbolon/protocol";
import { SUBPROTOCOL, type WelcomeFrame } from "@symbolon/protocol/internal";
import { createApp, listen } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { hello, keyOf } from "../packages/server/test/session/connect-session.ts";
import { connectRawClient, handshake } from "../packages/server/test/node/raw-client.ts";
import { collectGarbage } from "./collect-garbage.ts";
import { verySlow } from "./time-limits.ts";

const connections = 10_000;
const concurrency = 40;

const chat = contract("/chat/:room", {
  client: { post: z.string() },
  server: { line: z.string() },
});

/** The sockets, peers and contexts that handlers received; those that remain after a garbage collection have leaked. */
const handed: WeakRef<object>[] = [];
/** How often the hook of all connections ran, and how often it cleaned up. */
let setups = 0;
let cleanups = 0;

/** An app with a route of each kind, below a hook that counts its setups and cleanups. */
function createTestApp() {
  const app = createApp({ onError: () => {}, sessions: { grace: 200 } });
  const view = app.group(async function* ({ request }) {
    setups += 1;
    handed.push(new WeakRef(request));
    try {
      yield { lock: {} };
    } finally {
      cleanups += 1;
    }
  });
  view.ws("/echo", { receive: text }, async (socket, { room }) => {
    handed.push(new WeakRef(socket));
    room("all").join(socket);
    for await (const message of socket) await socket.send(message);
  });
  view.ws("/stream", (socket) => {
    handed.push(new WeakRef(socket));
    return ticks(socket.signal);
  });
  view.ws(
    "/listen",
    { receive: text, send: text, idleTimeout: 60_000 },
    listen({
      open: (socket) => void handed.push(new WeakRef(socket)),
      message: (line) => line.toUpperCase(),
      close: (closed) => void handed.push(new WeakRef(closed)),
    }),
  );
  view.ws("/both", { receive: text }, async (socket) => {
    handed.push(new WeakRef(socket));
    const echoMessages = async (): Promise<void> => {
      for await (const message of socket) await socket.send(message);
    };
    await Promise.all([socket.pipe(ticks(socket.signal)), echoMessages()]);
  });
  view.ws("/throws", { receive: json(z.number()) }, async (socket) => {
    handed.push(new WeakRef(socket));
    await socket.receive();
  });
  view.ws("/refuses", () => new Response("no", { status: 403 }));
  view.implement(chat, async function* (peer, { room }) {
    handed.push(new WeakRef(peer));
    room("all").join(peer);
    yield { post: (line) => peer.send("line", line) };
  });
  return app;
}

/** Yields one tick, then waits until the connection ends. */
async function* ticks(signal: AbortSignal): AsyncGenerator<{ readonly tick: number }> {
  for (;;) {
    yield { tick: 1 };
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  }
}

/** Opens a connection to a server, uses it, and ends it. */
type ConnectionKind = (url: string) => Promise<unknown>;

/** Connects a WebSocket that ignores errors. */
async function connectSocket(url: string, protocols: string[] = []): Promise<WebSocket> {
  const socket = new WebSocket(url, protocols);
  socket.on("error", () => {});
  await once(socket, "open");
  return socket;
}

/** Resolves when the socket is closed, unlike `once(socket, "close")` also after an error. */
function closed(socket: WebSocket): Promise<unknown> {
  return new Promise((resolve) => socket.on("close", resolve));
}

let sessionClients = 0;

/** Opens a session, sends an event, and terminates the wire: the session stays on the server, detached. */
async function detachSession(url: string, hello: object): Promise<WelcomeFrame> {
  const socket = await connectSocket(`${url}/chat/lobby`, [SUBPROTOCOL]);
  socket.send(JSON.stringify(hello));
  const [welcome] = (await once(socket, "message")) as [Buffer];
  socket.send('{"s":1,"t":"event","name":"post","data":"hello"}');
  socket.terminate();
  await closed(socket);
  return JSON.parse(welcome.toString()) as WelcomeFrame;
}

async function closeSocket(socket: WebSocket): Promise<void> {
  socket.close(1000);
  await closed(socket);
}

const kinds: Record<string, ConnectionKind> = {
  async echo(url) {
    const socket = await connectSocket(`${url}/echo`);
    socket.send("hello");
    await once(socket, "message");
    await closeSocket(socket);
  },
  async "a terminated socket"(url) {
    const socket = await connectSocket(`${url}/echo`);
    socket.terminate();
    await closed(socket);
  },
  async stream(url) {
    const socket = new WebSocket(`${url}/stream`);
    await once(socket, "message");
    await closeSocket(socket);
  },
  async listener(url) {
    const socket = await connectSocket(`${url}/listen`);
    socket.send("hello");
    await once(socket, "message");
    await closeSocket(socket);
  },
  async "a stream and an echo at the same time"(url) {
    const socket = new WebSocket(`${url}/both`);
    await once(socket, "message");
    socket.send("hello");
    await once(socket, "message");
    await closeSocket(socket);
  },
  async "a handler that throws"(url) {
    const socket = await connectSocket(`${url}/throws`);
    socket.send("not JSON");
    await closed(socket);
  },
  async "a refused handshake"(url) {
    const socket = new WebSocket(`${url}/refuses`);
    socket.on("error", () => {});
    await closed(socket);
  },
  async "a disconnect during the handshake"(url) {
    using client = await connectRawClient(Number(new URL(url).port));
    client.socket.end(handshake("/echo").slice(0, 60));
    client.socket.resume();
    await client.closed;
  },
  async contract(url) {
    const client = connect(chat, { url, params: { room: "lobby" } });
    const received = new Promise((resolve) => client.on("line", resolve));
    client.send("post", "hello");
    await received;
    client.close();
    await client.closed;
  },
  async "a session whose client does not resume it"(url) {
    await detachSession(url, { ...hello, key: keyOf(`client ${(sessionClients += 1)}`) });
  },
  async "a session that is resumed and detached again"(url) {
    const ownHello = { ...hello, key: keyOf(`client ${(sessionClients += 1)}`) };
    const { sid, rt, ep } = await detachSession(url, ownHello);
    await detachSession(url, { ...ownHello, att: 2, resume: { sid, rt, ep, rx: 0, tx0: 1 } });
  },
  async "a plain client of a contract"(url) {
    const socket = await connectSocket(`${url}/chat/lobby`);
    socket.send(JSON.stringify({ t: "event", name: "post", data: "hello" }));
    await once(socket, "message");
    await closeSocket(socket);
  },
};

/** Opens `count` connections, a few at the same time, of each kind in turn. */
async function openConnections(url: string, count: number): Promise<void> {
  const names = Object.keys(kinds);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const name = names[next % names.length] ?? "";
      next += 1;
      await kinds[name]?.(url);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

/** The number of open sockets, servers and timers of this process, by kind. */
function activeResources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo())
    if (/TCP|Timeout|Immediate/.test(kind)) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/**
 * Lets the event loop turn until the resources are as they should be, for at most 20 s. `waitUntil` has timers of its own, which
 * would be among them.
 */
async function untilResources(check: (counts: Record<string, number>) => void): Promise<void> {
  const deadline = performance.now() + 20_000;
  for (;;)
    try {
      return check(activeResources());
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await setImmediate();
    }
}

test(
  "10,000 closed connections of all kinds leave no object, socket, timer or memory behind",
  verySlow,
  async () => {
    await using server = await serve(createTestApp(), { port: 0, host: "127.0.0.1" });
    const url = `ws://127.0.0.1:${server.port}`;
    await openConnections(url, 400); // fills caches and pools, and compiles code
    const cleanedUp = () => vi.waitUntil(() => setups === cleanups, { timeout: 20_000, interval: 20 });
    await cleanedUp();
    await untilResources((counts) => {
      expect(counts).not.toHaveProperty("TCPSocketWrap");
      expect(counts).not.toHaveProperty("Immediate");
    });
    collectGarbage();
    const before = { heap: process.memoryUsage().heapUsed, resources: activeResources() };

    handed.length = 0;
    await openConnections(url, connections);
    await cleanedUp();
    await untilResources((counts) => expect(counts).toEqual(before.resources));
    expect(handed.length).toBeGreaterThan(connections);
    await vi.waitUntil(
      () => {
        collectGarbage();
        return handed.every((reference) => reference.deref() === undefined);
      },
      { timeout: 20_000, interval: 100 },
    );
    handed.length = 0;
    collectGarbage();
    // Below 500 bytes for each connection: V8 itself keeps some memory.
    expect(process.memoryUsage().heapUsed - before.heap).toBeLessThan(connections * 500);
  },
);
