/** Opens and closes 10,000 connections in every style, and counts what is left of them: nothing may be. */
import { once } from "node:events";
import { connect } from "@symbolon/client";
import { contract, json, text } from "@symbolon/protocol";
import { SUBPROTOCOL, type WelcomeFrame } from "@symbolon/protocol/internal";
import { createApp, listen } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { hello } from "../packages/server/test/session/connect-session.ts";
import { connectRawClient, handshake } from "../packages/server/test/node/raw-client.ts";
import { collect } from "./collect.ts";

const connections = 10_000;
const atOnce = 40;

const chat = contract("/chat/:room", {
  client: { say: z.string() },
  server: { line: z.string() },
});

/** Sockets, peers and contexts that handlers were given; what is still alive after a collection has leaked. */
const given: WeakRef<object>[] = [];
let began = 0;
let ended = 0;

/** An app with a route of each style, whose every connection passes a hook that cleans up. */
function styles() {
  const app = createApp({ onError: () => {}, sessions: { grace: 200 } });
  const counted = app.use(async function* ({ request }) {
    began += 1;
    given.push(new WeakRef(request));
    try {
      yield { lock: {} };
    } finally {
      ended += 1;
    }
  });
  counted.ws("/echo", { receive: text }, async (socket, { room }) => {
    given.push(new WeakRef(socket));
    room("all").join(socket);
    for await (const message of socket) await socket.send(message);
  });
  counted.ws("/stream", (socket) => {
    given.push(new WeakRef(socket));
    return ticks(socket.signal);
  });
  counted.ws(
    "/listen",
    { receive: text, send: text, idleTimeout: 60_000 },
    listen({
      open: (socket) => void given.push(new WeakRef(socket)),
      message: (line) => line.toUpperCase(),
      close: (closed) => void given.push(new WeakRef(closed)),
    }),
  );
  counted.ws("/both", { receive: text }, async (socket) => {
    given.push(new WeakRef(socket));
    const answering = async (): Promise<void> => {
      for await (const message of socket) await socket.send(message);
    };
    await Promise.all([socket.pipe(ticks(socket.signal)), answering()]);
  });
  counted.ws("/throws", { receive: json(z.number()) }, async (socket) => {
    given.push(new WeakRef(socket));
    await socket.receive();
  });
  counted.ws("/refuses", () => new Response("no", { status: 403 }));
  counted.implement(chat, async function* (peer, { room }) {
    given.push(new WeakRef(peer));
    room("all").join(peer);
    yield { say: (line) => peer.send("line", line) };
  });
  return app;
}

/** Ticks once, then waits for the end. */
async function* ticks(signal: AbortSignal): AsyncGenerator<{ readonly tick: number }> {
  for (;;) {
    yield { tick: 1 };
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  }
}

type Style = (url: string) => Promise<unknown>;

async function opened(url: string, protocols: string[] = []): Promise<WebSocket> {
  const socket = new WebSocket(url, protocols);
  socket.on("error", () => {});
  await once(socket, "open");
  return socket;
}

/** Not `once`, which takes an error for the end. */
function over(socket: WebSocket): Promise<unknown> {
  return new Promise((resolve) => socket.on("close", resolve));
}

let clients = 0;

/** Says `hello` and more, reads the welcome, and cuts the TCP: the session waits for its client. */
async function cut(url: string, first: object): Promise<WelcomeFrame> {
  const socket = await opened(`${url}/chat/lobby`, [SUBPROTOCOL]);
  socket.send(JSON.stringify(first));
  const [told] = (await once(socket, "message")) as [Buffer];
  socket.send('{"s":1,"t":"event","name":"say","data":"hello"}');
  socket.terminate();
  await over(socket);
  return JSON.parse(told.toString()) as WelcomeFrame;
}

async function leaves(socket: WebSocket): Promise<void> {
  socket.close(1000);
  await over(socket);
}

const every: Record<string, Style> = {
  async echo(url) {
    const socket = await opened(`${url}/echo`);
    socket.send("hello");
    await once(socket, "message");
    await leaves(socket);
  },
  async "the client's TCP is cut"(url) {
    const socket = await opened(`${url}/echo`);
    socket.terminate();
    await over(socket);
  },
  async stream(url) {
    const socket = new WebSocket(`${url}/stream`);
    await once(socket, "message");
    await leaves(socket);
  },
  async listener(url) {
    const socket = await opened(`${url}/listen`);
    socket.send("hello");
    await once(socket, "message");
    await leaves(socket);
  },
  async "stream and receive at once"(url) {
    const socket = new WebSocket(`${url}/both`);
    await once(socket, "message");
    socket.send("hello");
    await once(socket, "message");
    await leaves(socket);
  },
  async "a handler that throws"(url) {
    const socket = await opened(`${url}/throws`);
    socket.send("not JSON");
    await over(socket);
  },
  async refused(url) {
    const socket = new WebSocket(`${url}/refuses`);
    socket.on("error", () => {});
    await over(socket);
  },
  async "gone in the middle of the handshake"(url) {
    using client = await connectRawClient(Number(new URL(url).port));
    client.socket.end(handshake("/echo").slice(0, 60));
    client.socket.resume();
    await client.closed;
  },
  async contract(url) {
    const client = connect(chat, { url, params: { room: "lobby" } });
    const heard = new Promise((resolve) => client.on("line", resolve));
    client.send("say", "hello");
    await heard;
    client.close();
    await client.closed;
  },
  async "a session whose client does not come back"(url) {
    await cut(url, { ...hello, cid: `client ${(clients += 1)}` });
  },
  async "a session whose client comes back, and is lost again"(url) {
    const first = { ...hello, cid: `client ${(clients += 1)}` };
    const { sid, rt, ep } = await cut(url, first);
    await cut(url, { ...first, att: 2, resume: { sid, rt, ep, rx: 0, tx0: 1 } });
  },
  async "a plain client of a contract"(url) {
    const socket = await opened(`${url}/chat/lobby`);
    socket.send(JSON.stringify({ t: "event", name: "say", data: "hello" }));
    await once(socket, "message");
    await leaves(socket);
  },
};

/** Opens `count` connections, a few at once, in turn of each style. */
async function open(url: string, count: number): Promise<void> {
  const names = Object.keys(every);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const name = names[next % names.length] ?? "";
      next += 1;
      await every[name]?.(url);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** What of this process is open: sockets, servers and timers, by kind. */
function resources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo())
    if (/TCP|Timeout|Immediate/.test(kind)) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

test("after 10,000 connections of every style nothing of them is left", { timeout: 240_000 }, async () => {
  await using server = await serve(styles(), { port: 0, host: "127.0.0.1" });
  const url = `ws://127.0.0.1:${server.port}`;
  await open(url, 400); // caches, pools and compiled code are there from now on
  const settled = () => vi.waitUntil(() => began === ended, { timeout: 20_000, interval: 20 });
  await settled();
  collect();
  const before = { heap: process.memoryUsage().heapUsed, resources: resources() };

  given.length = 0;
  await open(url, connections);
  await settled();
  await vi.waitUntil(() => JSON.stringify(resources()) === JSON.stringify(before.resources), {
    timeout: 20_000,
    interval: 100,
  });
  expect(given.length).toBeGreaterThan(connections);
  await vi.waitUntil(
    () => {
      collect();
      return given.every((one) => one.deref() === undefined);
    },
    { timeout: 20_000, interval: 100 },
  );
  given.length = 0;
  collect();
  // Less than half a kilobyte of each connection: what remains is the engine's own.
  expect(process.memoryUsage().heapUsed - before.heap).toBeLessThan(connections * 500);
});
