import { type Message, RequestError } from "@symbolon/protocol";
import {
  RawSocket,
  type SocketCodecs,
  type Wire,
  WireEvents,
  type WireListener,
} from "@symbolon/protocol/internal";
import { type ReconnectingConnection, createConnection } from "./connection/connection.ts";
import type { WebSocketClass } from "./connection/websocket-class.ts";

/** How a raw socket is opened. */
export interface OpenSocketOptions<Receive = Message, Send = unknown> extends SocketCodecs<Receive, Send> {
  /** Subprotocols to offer. Default none. */
  readonly protocols?: readonly string[];
  /** Messages kept while away. Default 1,000; one more makes `send` throw `RequestError` with `OUTBOX_FULL`. */
  readonly limit?: number;
  /** The `WebSocket` class to use. Default: the platform's. */
  readonly WebSocket?: WebSocketClass;
}

/**
 * Opens a raw socket to a path without a contract. Its `for await` goes on across redials and ends on `close` or a
 * terminal code; what was on its way when the network failed may be lost. `await using` closes it at the end of its scope.
 */
export function openSocket<Receive = Message, Send = unknown>(
  url: string | URL,
  options: OpenSocketOptions<Receive, Send> = {},
): RawSocket<Receive, Send> & AsyncDisposable {
  const socket = new RawSocket(new LastingWire(url, options), options);
  const dispose = async (): Promise<void> => {
    socket.close();
    await socket.closed;
  };
  return Object.assign(socket, { [Symbol.asyncDispose]: dispose });
}

/** One wire made of many: it ends when the connection has ended for good. */
class LastingWire implements Wire {
  readonly #connection: ReconnectingConnection;
  readonly #events = new WireEvents();
  readonly #limit: number;
  #kept: Message[] = [];
  #roomy: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(
    url: string | URL,
    { protocols = [], limit = 1_000, WebSocket }: Omit<OpenSocketOptions, "receive" | "send">,
  ) {
    this.#limit = limit;
    this.#connection = createConnection(
      { url: () => url, protocols, WebSocket },
      {
        opened: (wire) => {
          this.#connection.live();
          for (const message of this.#kept.splice(0)) wire.send(message);
          this.#free();
        },
        message: (message) => this.#events.message(message),
        lost: () => {},
        ended: (error) => {
          this.#events.closed(error);
          this.#free();
        },
      },
    );
    this.#connection.dial();
  }

  get protocol(): string {
    return this.#connection.wire?.socket?.protocol ?? "";
  }

  get bufferedAmount(): number {
    return this.#connection.wire?.socket?.bufferedAmount ?? 0;
  }

  get arrivals(): Wire["arrivals"] {
    return this.#events.arrivals;
  }

  send(message: Message): void {
    const { wire } = this.#connection;
    if (wire !== undefined) wire.send(message);
    else if (this.#events.ended) return;
    else if (this.#kept.length < this.#limit) this.#kept.push(message);
    else throw new RequestError("OUTBOX_FULL", `more than ${this.#limit} messages wait for a connection`);
  }

  drained(): Promise<void> | undefined {
    const { wire } = this.#connection;
    if (wire !== undefined) return wire.drained();
    if (this.#events.ended) return undefined;
    this.#roomy ??= withResolvers();
    return this.#roomy.promise;
  }

  close(code: number, reason: string): void {
    this.#connection.close(code, reason);
  }

  terminate(): void {
    if (this.#connection.wire) this.#connection.drop("terminated");
  }

  listen(listener: WireListener | undefined): void {
    this.#events.listen(listener);
  }

  pause(): void {
    this.#connection.wire?.socket?.pause?.();
  }

  resume(): void {
    this.#connection.wire?.socket?.resume?.();
  }

  #free(): void {
    this.#roomy?.resolve();
    this.#roomy = undefined;
  }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
