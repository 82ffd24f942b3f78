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
  /** Opens a WebSocket. Rejects when the handshake is refused. */
  readonly open: (path: string, options?: HandshakeInit) => Promise<Client>;
  /** Resolves with the refusal of a handshake. Rejects when it is accepted. */
  readonly refused: (path: string, options?: HandshakeInit) => Promise<Refusal>;
  /** Opens a TCP connection. */
  readonly raw: () => Promise<RawClient>;
  /** Closes the server; the end of the test does it too. */
  readonly close: () => Promise<void>;
}

/** What a client sends in its handshake. */
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
  const connect = async (
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
    open: async (path, options) => {
      const answer = await connect(path, options);
      if (answer instanceof Client) return answer;
      throw new Error(`refused with ${answer.status}: ${answer.body}`);
    },
    refused: async (path, options) => {
      const answer = await connect(path, options);
      if (answer instanceof Client) throw new Error(`${path} was accepted`);
      return answer;
    },
    raw: async () => {
      const client = await connectRawClient(server.port);
      onTestFinished(() => client[Symbol.dispose]());
      return client;
    },
    close: server.close,
  };
}

/** A client of `ws` whose events can be awaited. */
export class Client {
  /** The refusal, or undefined as soon as the WebSocket is open. */
  readonly refusal: Promise<Refusal | undefined>;
  /** How the connection ended for the client. */
  readonly closed: Promise<Closed>;
  /** The headers of the 101. */
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
        this.#received.end(new Error(`no message arrived: closed with ${code} ${closed.reason}`));
        resolve(closed);
      });
    });
  }

  /** The subprotocol of the connection, or the empty string. */
  get protocol(): string {
    return this.#socket.protocol;
  }

  /** Sends a string as a text message, bytes as a binary one. */
  send(message: Message): void {
    this.#socket.send(message);
  }

  /** The next message: a string when it was text, bytes when it was binary. Rejects when the connection ends instead. */
  next(): Promise<Message> {
    return this.#received.pull();
  }

  /** Pings; resolves with the payload of the next pong. */
  ping(payload: string): Promise<string> {
    const pong = new Promise<string>((resolve) => this.#socket.once("pong", (data) => resolve(String(data))));
    this.#socket.ping(payload);
    return pong;
  }

  /** Closes, and resolves when the connection has ended. */
  close(code?: number, reason?: string): Promise<Closed> {
    this.#socket.close(code, reason);
    return this.closed;
  }

  /** Ends the connection without a close frame. */
  cut(): void {
    this.#socket.terminate();
  }
}

/** A string as UTF-8. */
export function utf8(line: string): Uint8Array {
  return new TextEncoder().encode(line);
}

function webHeaders(headers: NodeJS.Dict<string | string[]>): Headers {
  return new Headers(
    Object.entries(headers).flatMap(([name, values = []]) =>
      [values].flat().map((value): [string, string] => [name, value]),
    ),
  );
}
