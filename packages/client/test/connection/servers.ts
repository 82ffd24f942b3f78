import { once } from "node:events";
import type { Server } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Socket as TcpSocket } from "node:net";
import type { CloseError, Message } from "@symbolon/protocol";
import { vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { createConnection } from "../../src/connection/connection.ts";
import type {
  ConnectionListener,
  ConnectionOptions,
  ReconnectingConnection,
} from "../../src/connection/connection-options.ts";
import type { SocketWire } from "../../src/connection/socket-wire.ts";
import { waitOptions } from "../../../../test/time-limits.ts";

const crashes: unknown[] = [];
const onCrash = (error: unknown): void => void crashes.push(error);
/** The cleanups of the running test; `undoAll` calls them, the last one first. */
export const undo: (() => unknown)[] = [];

/** Collects the errors that would end the process. Call it before each test. */
export function watchCrashes(): void {
  crashes.length = 0;
  process.on("unhandledRejection", onCrash);
  process.on("uncaughtException", onCrash);
}

/** Calls the cleanups, and fails when an error would have ended the process. Call it after each test. */
export async function undoAll(): Promise<void> {
  for (const cleanup of undo.splice(0).toReversed()) await cleanup();
  // Node reports an unhandled rejection after the microtasks.
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", onCrash);
  process.off("uncaughtException", onCrash);
  if (crashes.length > 0) throw new AggregateError(crashes, "the process would have ended");
}

/** Starts a WebSocket server, and records its connections and the messages that it receives. */
export async function startServer(options: { handleProtocols?: () => string | false; port?: number } = {}) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", ...options });
  await once(server, "listening");
  undo.push(() => {
    for (const client of server.clients) client.terminate();
    return new Promise((resolve) => server.close(resolve));
  });
  const sockets: WebSocket[] = [];
  const received: string[] = [];
  const extensions: unknown[] = [];
  const offered: unknown[] = [];
  server.on("connection", (socket, request) => {
    sockets.push(socket);
    extensions.push(request.headers["sec-websocket-extensions"]);
    offered.push(request.headers["sec-websocket-protocol"]);
    socket.on("message", (data: Buffer, binary) =>
      received.push(`${binary ? "bytes " : ""}${data.toString()}`),
    );
  });
  return { server, sockets, received, extensions, offered, url: urlOf(server.address() as AddressInfo) };
}

/** The url of a server that listens at this address. */
export function urlOf({ port }: AddressInfo): string {
  return `ws://127.0.0.1:${port}/`;
}

/** Starts a TCP server that calls `onConnection` and does nothing else; `open` has its connections. */
export async function startTcpServer(onConnection: (socket: TcpSocket) => void) {
  const open = new Set<TcpSocket>();
  const server = createTcpServer((socket) => {
    open.add(socket);
    socket.on("error", () => {}).resume();
    onConnection(socket);
  });
  await listenOnAnyPort(server);
  undo.push(() => {
    for (const socket of open) socket.destroy();
  });
  return { open, url: urlOf(server.address() as AddressInfo) };
}

/** Makes a server listen until the test is over. */
export async function listenOnAnyPort(server: Server | ReturnType<typeof createTcpServer>): Promise<void> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  undo.push(() => new Promise((resolve) => server.close(resolve)));
}

/** Connects to a real server. The connection is established as soon as a wire opens, and retries without a wait. */
export function connectTo(
  options: Partial<ConnectionOptions> & Pick<ConnectionOptions, "url">,
  listener: Partial<ConnectionListener> = {},
) {
  const calls: string[] = [];
  const messages: Message[] = [];
  const errors: CloseError[] = [];
  const connection: ReconnectingConnection = createConnection(
    { protocols: [], random: () => 0, network: {}, ...options },
    {
      opened() {
        calls.push("opened");
        connection.established();
      },
      message: (message) => void messages.push(message),
      lost: () => void calls.push("lost"),
      ended(error) {
        calls.push(`ended ${error.code}`);
        errors.push(error);
      },
      ...listener,
    },
  );
  undo.push(() => connection.close());
  connection.status.subscribe(({ error }) => error !== undefined && errors.push(error));
  connection.dial();
  const open = () => vi.waitUntil(() => connection.status.value.state === "open", waitOptions);
  return { connection, calls, messages, errors, open };
}

/** The wire of a client, which must be open. */
export function wireOf({ connection }: { readonly connection: ReconnectingConnection }): SocketWire {
  if (connection.wire === undefined) throw new Error("the connection is not open");
  return connection.wire;
}

/** Waits until `check` returns something true. */
export const until = (check: () => unknown): Promise<unknown> =>
  vi.waitUntil(check, { ...waitOptions, interval: 5 });
