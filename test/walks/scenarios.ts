import { connect } from "@symbolon/client";
import { contract, request } from "@symbolon/protocol";
import { SUBPROTOCOL } from "@symbolon/protocol/internal";
import { createApp } from "@symbolon/server";
import { serve, type Server } from "@symbolon/server/node";
import { once } from "node:events";
import { WebSocket } from "ws";
import * as z from "zod";
import { type Call, traceCalls } from "./trace.ts";

const chat = contract("/chat", {
  client: { post: z.string(), count: request({ input: z.string(), output: z.number() }) },
  server: { posted: z.string() },
});

const hello = {
  t: "hello",
  v: 1,
  cid: "tab",
  key: "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
  att: 1,
  w: 256,
  wb: 2 ** 20,
};

/** A client's dial of a contract, as its package's subprotocol has it. */
class SessionClient implements Disposable {
  readonly #socket: WebSocket;
  readonly #frames: { readonly t: string }[] = [];

  constructor({ url }: Server) {
    this.#socket = new WebSocket(`${url.replace("http", "ws")}/chat`, SUBPROTOCOL);
    this.#socket.on("message", (data: Buffer) => this.#frames.push(JSON.parse(data.toString())));
    this.#socket.on("open", () => this.send(hello));
  }

  send(frame: object): void {
    this.#socket.send(JSON.stringify(frame));
  }

  /** Waits for a frame of this kind, and drops those before it. */
  async receive(t: string): Promise<void> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame === undefined) await once(this.#socket, "message");
      else if (frame.t === t) return;
    }
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }
}

/** Serves the contract, and a raw route; `onPost` is called with each event. */
async function startServer(onPost: (text: string) => void = () => {}) {
  const app = createApp();
  const service = app.implement(chat, (peer, { room }) => {
    room("all").join(peer);
    return { post: onPost, count: (text) => text.length };
  });
  app.ws("/echo", async (socket) => {
    await socket.accept();
    await socket.closed;
  });
  const server = await serve(app, { port: 0, signals: false });
  return { server, service };
}

/** For each walk of ARCHITECTURE.md: carries one message or one handshake along it, and returns all calls meanwhile. */
export const scenarios: Readonly<Record<string, () => Promise<readonly Call[]>>> = {
  async "inbound event"() {
    let onPost = (_text: string): void => {};
    const { server } = await startServer((text) => onPost(text));
    await using _server = server;
    using client = new SessionClient(server);
    await client.receive("welcome");
    return await traceCalls(async () => {
      const posted = new Promise((resolve) => (onPost = resolve));
      client.send({ s: 1, t: "event", name: "post", data: "hello" });
      await posted;
    });
  },
  async "room.send"() {
    const { server, service } = await startServer();
    await using _server = server;
    using client = new SessionClient(server);
    await client.receive("room");
    const room = service.room("all");
    return await traceCalls(async () => {
      await room.send("posted", "hello");
      await client.receive("said");
    });
  },
  async upgrade() {
    const { server } = await startServer();
    await using _server = server;
    return await traceCalls(async () => {
      const socket = new WebSocket(`${server.url.replace("http", "ws")}/echo`);
      await once(socket, "open");
      socket.terminate();
    });
  },
  async "request and reply"() {
    const { server } = await startServer();
    await using _server = server;
    using client = new SessionClient(server);
    await client.receive("welcome");
    return await traceCalls(async () => {
      client.send({ s: 1, t: "request", q: 1, name: "count", data: "hello" });
      await client.receive("reply");
    });
  },
  async "event sent offline"() {
    const { server } = await startServer();
    await using _server = server;
    const client = connect(chat, { url: server.url });
    const calls = await traceCalls(() => client.send("post", "hello").then());
    client.close();
    return calls;
  },
};
