import { once } from "node:events";
import type { Server } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Socket as TcpSocket } from "node:net";
import type { CloseError, Message } from "@symbolon/protocol";
import { vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import {
  type ReconnectingConnection,
  createConnection,
  type ConnectionListener,
  type ConnectionOptions,
} from "../../src/connection/connection.ts";
import type { SocketWire } from "../../src/connection/socket-wire.ts";

const crashes: unknown[] = [];
const crashed = (error: unknown): void => void crashes.push(error);
/** What is to be undone when the test is over, the last first. */
export const undo: (() => unknown)[] = [];

/** To be called before each test: from now on, whatever would end the process is noticed. */
export function watchCrashes(): void {
  crashes.length = 0;
  process.on("unhandledRejection", crashed);
  process.on("uncaughtException", crashed);
}

/** To be called after each test: undoes it, and fails when something would have ended the process. */
export async function undoAll(): Promise<void> {
  for (const step of undo.splice(0).toReversed()) await step();
  // What is rejected now is reported after the microtasks.
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", crashed);
  process.off("uncaughtException", crashed);
  if (crashes.length > 0) throw new AggregateError(crashes, "the process would have ended");
}

/** A server of WebSockets, and what it saw. */
export async function serving(options: { handleProtocols?: () => string | false; port?: number } = {}) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", ...options });
  await once(server, "listening");
  undo.push(() => {
    for (const client of server.clients) client.terminate();
    return new Promise((resolve) => server.close(resolve));
  });
  const sockets: WebSocket[] = [];
  const heard: string[] = [];
  const extensions: unknown[] = [];
  const offered: unknown[] = [];
  server.on("connection", (socket, request) => {
    sockets.push(socket);
    extensions.push(request.headers["sec-websocket-extensions"]);
    offered.push(request.headers["sec-websocket-protocol"]);
    socket.on("message", (data: Buffer, binary) => heard.push(`${binary ? "bytes " : ""}${data.toString()}`));
  });
  return { server, sockets, heard, extensions, offered, url: urlOf(server.address() as AddressInfo) };
}

/** The url of a server that listens there. */
export function urlOf({ port }: AddressInfo): string {
  return `ws://127.0.0.1:${port}/`;
}

/** A server that accepts TCP and does what `answer` says, no more. */
export async function answering(answer: (socket: TcpSocket) => void) {
  const open = new Set<TcpSocket>();
  const server = createTcpServer((socket) => {
    open.add(socket);
    socket.on("error", () => {}).resume();
    answer(socket);
  });
  await listening(server);
  undo.push(() => {
    for (const socket of open) socket.destroy();
  });
  return { open, url: urlOf(server.address() as AddressInfo) };
}

/** Makes a server listen until the test is over. */
export async function listening(server: Server | ReturnType<typeof createTcpServer>): Promise<void> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  undo.push(() => new Promise((resolve) => server.close(resolve)));
}

/** A connection to a real server, live as soon as it opens; retried at once unless `random` says otherwise. */
export function connecting(
  options: Partial<ConnectionOptions> & Pick<ConnectionOptions, "url">,
  listener: Partial<ConnectionListener> = {},
) {
  const told: string[] = [];
  const messages: Message[] = [];
  const errors: CloseError[] = [];
  const connection: ReconnectingConnection = createConnection(
    { protocols: [], random: () => 0, network: {}, ...options },
    {
      opened() {
        told.push("opened");
        connection.live();
      },
      message: (message) => void messages.push(message),
      lost: () => void told.push("lost"),
      ended(error) {
        told.push(`ended ${error.code}`);
        errors.push(error);
      },
      ...listener,
    },
  );
  undo.push(() => connection.close());
  connection.status.subscribe(({ error }) => error !== undefined && errors.push(error));
  connection.dial();
  const open = vi.waitUntil.bind(vi, () => connection.status.value.state === "open");
  return { connection, told, messages, errors, open };
}

/** Its wire, which must be open. */
export function wireOf({ connection }: { readonly connection: ReconnectingConnection }): SocketWire {
  if (connection.wire === undefined) throw new Error("it is not open");
  return connection.wire;
}

/** Waits for something to be so; checks often. */
export const until = (check: () => unknown): Promise<unknown> =>
  vi.waitUntil(check, { timeout: 4_000, interval: 5 });
