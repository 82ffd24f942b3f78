import { type Message, RequestError } from "@symbolon/protocol";
import {
  byteLength,
  RawSocket,
  type SocketCodecs,
  type Wire,
  WireEvents,
  type WireListener,
} from "@symbolon/protocol/internal";
import { createConnection } from "./connection/connection.ts";
import type { ReconnectingConnection } from "./connection/connection-options.ts";
import { badRequest } from "./connection/close-codes.ts";
import { createDeferred, type Deferred } from "./connection/deferred.ts";
import { createInbox, type InboxOptions } from "./connection/inbox.ts";
import { checkInsecure } from "./platform/address.ts";
import type { WebSocketClass } from "./platform/websocket-class.ts";
import type { SocketWire } from "./connection/socket-wire.ts";
import { delay } from "./connection/timer.ts";

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
   * Bytes of unsent messages, with or without a connection, beyond which `send` throws `OUTBOX_FULL` too. The last message
   * may exceed them.
   * @default 4 MiB
   */
  readonly limitBytes?: number;
  /**
   * Messages to keep until they are read. Where the platform can, the socket stops reading before; in a browser it cannot,
   * and closes with 4400.
   */
  readonly inbox?: InboxOptions;
  /**
   * Whether `openSocket` accepts a `url` without TLS (`ws:`, `http:`) to another device, although it has a user, or a
   * parameter whose name ends in `token`, `ticket`, `secret`, `password`, `key` or `auth`, or although the page was loaded
   * by `https:`.
   * @default false
   */
  readonly allowInsecure?: boolean;
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
 *
 * A `url` that is a function is called before every attempt to connect, so that each can have a ticket of its own. A
 * rejection is a failed attempt.
 * @throws TypeError for a `url` without TLS that is not allowed (`allowInsecure`). When a function returns it, the socket closes with 4400.
 * @example
 * await using socket = openSocket("wss://example.com/feed");
 * for await (const message of socket) console.log(message);
 */
export function openSocket<Receive = Message, Send = unknown>(
  url: string | URL | (() => string | URL | Promise<string | URL>),
  options: OpenSocketOptions<Receive, Send> = {},
): RawSocket<Receive, Send> & AsyncDisposable {
  if (options.allowInsecure !== true && typeof url !== "function") checkInsecure(String(url));
  const socket = new RawSocket(new ReconnectingWire(url, options), options);
  const dispose = async (): Promise<void> => {
    socket.close();
    await socket.closed;
  };
  return Object.assign(socket, { [Symbol.asyncDispose]: dispose });
}

/** The wires of a connection, one after another, as one `Wire`. It ends when the connection has ended for good. */
class ReconnectingWire implements Wire {
  readonly nextTurn: () => Promise<void> = delay;
  readonly #connection: ReconnectingConnection;
  readonly #events = new WireEvents();
  readonly #limit: number;
  readonly #limitBytes: number;
  /** Messages to send on the next wire. */
  readonly #queue: Message[] = [];
  /** Their bytes. */
  #queuedBytes = 0;
  /** Messages that arrived while the reader has paused, on a platform that cannot pause. */
  readonly #unread: Message[] = [];
  readonly #admit: ReturnType<typeof createInbox>;
  /** Resolves with the next wire, or at the end. */
  #drained: Deferred | undefined;
  #paused = false;

  constructor(
    url: Parameters<typeof openSocket>[0],
    {
      protocols = [],
      limit = 1_000,
      limitBytes = 2 ** 22,
      inbox,
      allowInsecure,
      WebSocket,
    }: Omit<OpenSocketOptions, "receive" | "send">,
  ) {
    this.#limit = limit;
    this.#limitBytes = limitBytes;
    this.#admit = createInbox(inbox);
    this.#connection = createConnection(
      {
        url: async () => {
          if (typeof url !== "function") return url;
          const given = await url();
          try {
            if (allowInsecure !== true) checkInsecure(String(given));
          } catch (error) {
            this.close(badRequest, (error as Error).message); // every attempt would fail
            throw error;
          }
          return given;
        },
        protocols,
        WebSocket,
      },
      {
        opened: (wire) => {
          this.#connection.established();
          if (this.#paused) wire.socket?.pause?.();
          for (const message of this.#queue.splice(0)) wire.send(message);
          this.#queuedBytes = 0;
          this.#drained?.resolve();
          this.#drained = undefined;
        },
        message: (message) => this.#receive(message),
        lost() {},
        ended: (error) => {
          for (const message of this.#unread.splice(0)) this.#events.message(message);
          this.#events.closed(error);
          this.#drained?.resolve();
        },
      },
    );
    this.#connection.dial();
  }

  get protocol(): string {
    return this.#connection.wire?.socket?.protocol ?? "";
  }

  get bufferedAmount(): number {
    return this.#openWire?.socket?.bufferedAmount ?? this.#queuedBytes;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get arrivals(): Wire["arrivals"] {
    return this.#events;
  }

  send(message: Message): void {
    const wire = this.#openWire;
    if (this.#events.ended) return;
    if (this.bufferedAmount >= this.#limitBytes)
      throw new RequestError(
        "OUTBOX_FULL",
        `send queue is full: it keeps ${this.#limitBytes} bytes, await send()`,
      );
    if (wire) wire.send(message);
    else if (this.#queue.length < this.#limit) {
      this.#queue.push(typeof message === "string" ? message : message.slice()); // the caller may reuse its bytes
      this.#queuedBytes += byteLength(message);
    } else throw new RequestError("OUTBOX_FULL", `send queue is full: it keeps ${this.#limit} messages`);
  }

  drained(): Promise<void> | undefined {
    const wire = this.#openWire;
    if (wire) return wire.drained();
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
    this.#connection.wire?.socket?.pause?.();
  }

  resume(): void {
    this.#paused = false;
    this.#connection.wire?.socket?.resume?.();
    while (!this.paused) {
      const message = this.#unread.shift();
      if (message === undefined) return;
      this.#events.message(message);
    }
  }

  /** The wire, unless one peer is closing it: what is sent then waits for the next wire, or for the end. */
  get #openWire(): SocketWire | undefined {
    const { wire } = this.#connection;
    return wire?.isOpen() ? wire : undefined;
  }

  #receive(message: Message): void {
    if (!this.#paused) return this.#events.message(message);
    this.#unread.push(message);
    try {
      this.#admit(this.#unread.length, byteLength(message));
    } catch (error) {
      this.close(badRequest, (error as Error).message);
    }
  }
}
