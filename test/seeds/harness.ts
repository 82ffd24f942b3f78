import type { Closed, Message } from "@symbolon/protocol";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { serve, type ServeOptions } from "@symbolon/server/node";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { type RawClient, connectRawClient } from "../../packages/server/test/node/raw-client.ts";

/** An app that is served on a real port. */
export interface ServedApp {
  /** Its address: `http://localhost:12345`. */
  readonly url: string;
  readonly port: number;
  /** Connects a WebSocket. Rejects when the server refuses the handshake. */
  readonly connect: (path: string, options?: HandshakeInit) => Promise<Client>;
  /** Resolves with the refusal of a handshake. Rejects when the server accepts it. */
  readonly refused: (path: string, options?: HandshakeInit) => Promise<Refusal>;
  /** Connects a client that sends and receives bytes. */
  readonly connectRaw: () => Promise<RawClient>;
  /** Closes the server; the end of the test also does. */
  readonly close: () => Promise<void>;
}

/** What a client sends in its handshake, besides the path. */
interface HandshakeInit {
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: readonly string[];
}

/** The response that refuses a handshake. */
export interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Serves an app on a free port until the test ends. */
export async function serveApp(
  app: Parameters<typeof serve>[0],
  options: Pick<ServeOptions, "assets"> = {},
): Promise<ServedApp> {
  const server = await serve(app, { port: 0, ...options });
  const sockets = new Set<WebSocket>();
  onTestFinished(async () => {
    for (const socket of sockets) socket.terminate();
    await server.close();
  });
  const attempt = async (
    path: string,
    { headers = {}, protocols = [] }: HandshakeInit = {},
  ): Promise<Client | Refusal> => {
    const socket = new WebSocket(`ws://localhost:${server.port}${path}`, [...protocols], { headers });
    sockets.add(socket);
    const client = new Client(socket);
    return (await client.refusal) ?? client;
  };
  return {
    url: server.url,
    port: server.port,
    connect: async (path, options) => {
      const result = await attempt(path, options);
      if (result instanceof Client) return result;
      throw new Error(`the server refused with ${result.status}: ${result.body}`);
    },
    refused: async (path, options) => {
      const result = await attempt(path, options);
      if (result instanceof Client) throw new Error(`the server accepted ${path}`);
      return result;
    },
    connectRaw: async () => {
      const client = await connectRawClient(server.port);
      onTestFinished(() => client[Symbol.dispose]());
      return client;
    },
    close: server.close,
  };
}

/** Serves an app until the test ends, and connects a WebSocket. */
export async function connectClient(
  app: Parameters<typeof serve>[0],
  path: string,
  options?: HandshakeInit,
): Promise<Client> {
  return (await serveApp(app)).connect(path, options);
}

/** Serves an app until the test ends, and resolves with its refusal of a handshake. */
export async function refusalOf(
  app: Parameters<typeof serve>[0],
  path: string,
  options?: HandshakeInit,
): Promise<Refusal> {
  return (await serveApp(app)).refused(path, options);
}

/** Serves an app until the test ends, and connects a client that sends and receives bytes. */
export async function connectRaw(app: Parameters<typeof serve>[0]): Promise<RawClient> {
  return (await serveApp(app)).connectRaw();
}

/** A WebSocket client whose messages and close can be awaited. */
export class Client {
  /** Resolves with the refusal of the handshake, or with undefined when the server accepts it. */
  readonly refusal: Promise<Refusal | undefined>;
  /** Resolves when the connection is closed. */
  readonly closed: Promise<Closed>;
  /** The response headers of the handshake. */
  headers = new Headers();
  readonly #socket: WebSocket;
  readonly #received = new BoundedQueue<Message>();

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer, binary) =>
      this.#received.push(binary ? new Uint8Array(data) : String(data)),
    );
    socket.on("upgrade", ({ headers }) => (this.headers = webHeaders(headers)));
    this.refusal = new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.once("open", () => resolve(undefined));
      socket.once("unexpected-response", (_request, response) => {
        const headers = webHeaders(response.headers);
        response.toArray().then((chunks: Buffer[]) => {
          resolve({ status: response.statusCode ?? 0, headers, body: String(Buffer.concat(chunks)) });
        }, reject);
      });
    });
    this.closed = new Promise((resolve) => {
      socket.once("close", (code, reason) => {
        const closed = { code, reason: String(reason), wasClean: code !== 1006 };
        this.#received.end(new Error(`received no message: the server closed with ${code} ${closed.reason}`));
        resolve(closed);
      });
    });
  }

  /** The subprotocol of the connection, or an empty string. */
  get protocol(): string {
    return this.#socket.protocol;
  }

  /** Sends a string as a text message, bytes as a binary one. */
  send(message: Message): void {
    this.#socket.send(message);
  }

  /** Receives a message: a string if it is text, bytes if it is binary. Rejects when the connection closes. */
  receive(): Promise<Message> {
    return this.#received.pull();
  }

  /** Sends a ping, and resolves with the payload of the next pong. */
  ping(payload: string): Promise<string> {
    const pong = new Promise<string>((resolve) => this.#socket.once("pong", (data) => resolve(String(data))));
    this.#socket.ping(payload);
    return pong;
  }

  /** Sends a close frame, and resolves when the connection is closed. */
  close(code?: number, reason?: string): Promise<Closed> {
    this.#socket.close(code, reason);
    return this.closed;
  }

  /** Ends the connection without a close frame. */
  terminate(): void {
    this.#socket.terminate();
  }
}

/** Encodes a text as UTF-8. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function webHeaders(headers: NodeJS.Dict<string | string[]>): Headers {
  return new Headers(
    Object.entries(headers).flatMap(([name, values = []]) =>
      [values].flat().map((value): [string, string] => [name, value]),
    ),
  );
}
