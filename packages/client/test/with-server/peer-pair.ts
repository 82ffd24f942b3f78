import { contract, request, stream } from "@symbolon/protocol";
import type { RpcPeer } from "@symbolon/protocol/internal";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { Clock, testNetwork } from "@symbolon/server/testing";
import { WebSocket } from "ws";
import { z } from "zod";
import { connect } from "../../src/index.ts";
import { undo, until } from "../connection/servers.ts";

const even = z.number().refine(async (n) => n % 2 === 0, "not even");

/** One message of each kind. */
const messages = {
  note: z.string(),
  halve: request({ input: even, output: even, errors: { NO: z.object({ at: z.number() }) } }),
  items: stream({ input: even, output: z.unknown() }),
  echo: stream({ input: z.string(), upload: z.unknown(), output: z.unknown() }),
};

/** A contract whose client and server send the same messages. */
const symmetric = contract("/symmetric", { client: messages, server: messages });

type Messages = typeof messages;

/** The peer that sends requests and opens streams: the client or the server. */
type Caller = Pick<RpcPeer<Messages>, "request" | "stream" | "send">;

/** The part of a call's context that the tests use. */
export interface CallOptions {
  readonly signal: AbortSignal;
  readonly upload?: AsyncIterable<unknown>;
}

/** The handlers of the peer that is called. A test sets those that it needs. */
interface TestHandlers {
  note: (text: string) => unknown;
  halve: (input: number, call: CallOptions) => unknown;
  items: (input: number, call: CallOptions) => unknown;
  echo: (input: string, call: CallOptions & { readonly upload: AsyncIterable<unknown> }) => unknown;
}

/** Connects a client and a server, in memory or over real sockets. One of them, `calling`, calls the other. */
export async function connectPeers(network: "memory" | "sockets", calling: "client" | "server") {
  const testHandlers: TestHandlers = { note() {}, halve() {}, items() {}, echo() {} };
  const errors: unknown[] = [];
  const peers: Caller[] = [];
  const clock = new Clock();
  const app = createApp({
    clock,
    limits: { messagesPerSecond: Infinity, bytesPerSecond: Infinity }, // this clock does not run
    onError: (error) => void errors.push(error),
  });
  let onDetached: () => void = () => {};
  const handlers = {
    note: (text: string) => testHandlers.note(text),
    // The result of a test's handler may be invalid on purpose.
    halve: (input: number, call: CallOptions) => testHandlers.halve(input, call) as number,
    items: (input: number, call: CallOptions) => testHandlers.items(input, call) as Iterable<unknown>,
    echo: (input: string, call: CallOptions & { readonly upload: AsyncIterable<unknown> }) =>
      testHandlers.echo(input, call) as Iterable<unknown>,
  };
  app.implement(symmetric, (peer) => {
    peers.push(peer);
    peer.subscribe(({ type }) => type === "detached" && onDetached());
    return handlers;
  });
  const { url, WebSocketClass, drop } = network === "memory" ? serveInMemory(app) : await serveOnPort(app);
  const client = connect(symmetric, { url, WebSocket: WebSocketClass });
  undo.push(() => client.close());
  client.on("note", handlers.note);
  client.handle("halve", handlers.halve);
  client.handle("items", handlers.items);
  client.handle("echo", handlers.echo);
  await client.opened;
  await until(() => peers.length > 0);
  const caller: Caller = calling === "client" ? client : (peers[0] as Caller);
  /** Drops the connection, and expires the session before the client can resume it. */
  const loseSession = async (): Promise<void> => {
    const detached = new Promise<void>((resolve) => (onDetached = resolve));
    drop();
    await detached;
    clock.advance(120_000);
  };
  return { caller, handlers: testHandlers, client, drop, loseSession, clock, errors };
}

function serveInMemory(app: ReturnType<typeof createApp>) {
  const net = testNetwork(app);
  return { url: "ws://test", WebSocketClass: net.WebSocket, drop: net.drop };
}

async function serveOnPort(app: ReturnType<typeof createApp>) {
  const server = await serve(app, { port: 0, host: "127.0.0.1" });
  undo.push(() => server.close());
  const sockets: WebSocket[] = [];
  class RecordedWebSocket extends WebSocket {
    constructor(...args: ConstructorParameters<typeof WebSocket>) {
      super(...args);
      sockets.push(this);
    }
  }
  const drop = (): void => {
    for (const socket of sockets) socket.terminate();
  };
  return {
    url: server.url,
    WebSocketClass: RecordedWebSocket as unknown as typeof globalThis.WebSocket,
    drop,
  };
}

/** Handlers that wait until their signal aborts, and log `started`, `aborted` and, for the stream, `ended`. */
export function abortableHandlers() {
  const log: string[] = [];
  const halve = async (_: unknown, { signal }: CallOptions): Promise<number> => {
    log.push("started");
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    log.push("aborted");
    return 0;
  };
  async function* items(input: unknown, call: CallOptions): AsyncGenerator<unknown, void, undefined> {
    try {
      yield 1;
      await halve(input, call);
    } finally {
      log.push("ended");
    }
  }
  return { log, halve, items, logged: (line: string) => until(() => log.includes(line)) };
}
