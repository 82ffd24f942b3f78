import { type Message, RequestError } from "@symbolon/protocol";
import {
  RawSocket,
  type SocketCodecs,
  type Wire,
  WireEvents,
  type WireListener,
} from "@symbolon/protocol/internal";
import { ReconnectingConnection } from "./connection/connection.ts";
import { createDeferred, type Deferred } from "./connection/deferred.ts";
import type { WebSocketClass } from "./connection/websocket-class.ts";
import { nextMacrotask } from "./connection/timer.ts";

/** How to open a raw socket. */
export interface OpenSocketOptions<Receive = Message, Send = unknown> extends SocketCodecs<Receive, Send> {
  /**
   * Subprotocols to offer.
   * @default []
   */
  readonly protocols?: readonly string[];
  /**
   * Number of messages to keep while there is no connection. With one more, `send` throws `RequestError` with the code
   * `OUTBOX_FULL`.
   * @default 1000
   */
  readonly limit?: number;
  /**
   * The WebSocket class to use.
   * @default that of the platform
   */
  readonly WebSocket?: WebSocketClass;
}

/**
 * Opens a raw socket to a path without a contract. It reconnects by itself: its `for await` goes on across connections,
 * and ends with `close` or when the server closes with a terminal code. Messages that were on their way when a
 * connection broke may be lost. `await using` closes the socket at the end of its scope.
 * @example
 * await using socket = openSocket("wss://example.com/feed");
 * for await (const message of socket) console.log(message);
 */
export function openSocket<Receive = Message, Send = unknown>(
  url: string | URL,
  options: OpenSocketOptions<Receive, Send> = {},
): RawSocket<Receive, Send> & AsyncDisposable {
  const socket = new RawSocket(new ReconnectingWire(url, options), options);
  const dispose = async (): Promise<void> => {
    socket.close();
    await socket.closed;
  };
  return Object.assign(socket, { [Symbol.asyncDispose]: dispose });
}

/** The wires of a connection, one after another, as one `Wire`. It ends when the connection has ended for good. */
class ReconnectingWire implements Wire {
  readonly nextTurn: () => Promise<void> = nextMacrotask;
  readonly #connection: ReconnectingConnection;
  readonly #events = new WireEvents();
  readonly #limit: number;
  /** Messages to send on the next wire. */
  readonly #queue: Message[] = [];
  /** Resolves with the next wire, or at the end. */
  #drained: Deferred | undefined;
  #paused = false;

  constructor(
    url: string | URL,
    { protocols = [], limit = 1_000, WebSocket }: Omit<OpenSocketOptions, "receive" | "send">,
  ) {
    this.#limit = limit;
    this.#connection = new ReconnectingConnection(
      { url: () => url, protocols, WebSocket },
      {
        opened: (wire) => {
          this.#connection.established();
          if (this.#paused) wire.pause();
          for (const message of this.#queue.splice(0)) wire.send(message);
          this.#drained?.resolve();
        },
        message: (message) => this.#events.message(message),
        lost: () => (this.#drained = undefined),
        ended: (error) => {
          this.#events.closed(error);
          this.#drained?.resolve();
        },
      },
    );
    this.#connection.dial();
  }

  get protocol(): string {
    return this.#connection.wire?.protocol ?? "";
  }

  get bufferedAmount(): number {
    return this.#connection.wire?.bufferedAmount ?? 0;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get arrivals(): Wire["arrivals"] {
    return this.#events.arrivals;
  }

  send(message: Message): void {
    const { wire } = this.#connection;
    if (wire !== undefined) wire.send(message);
    else if (this.#events.ended) return;
    else if (this.#queue.length < this.#limit) this.#queue.push(message);
    else throw new RequestError("OUTBOX_FULL", `send queue is full: it keeps ${this.#limit} messages`);
  }

  drained(): Promise<void> | undefined {
    const { wire } = this.#connection;
    if (wire !== undefined) return wire.drained();
    if (this.#events.ended) return undefined;
    this.#drained ??= createDeferred();
    return this.#drained.promise;
  }

  close(code: number, reason: string): void {
    this.#connection.close(code, reason);
  }

  terminate(): void {
    this.#connection.drop("terminated");
  }

  listen(listener: WireListener | undefined): void {
    this.#events.listen(listener);
  }

  pause(): void {
    this.#paused = true;
    this.#connection.wire?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#connection.wire?.resume();
  }
}
