import { CloseError, type Message } from "@symbolon/protocol";
import { cutReason, type Wire } from "@symbolon/protocol/internal";
import { Timer } from "./timer.ts";
import { abnormal, badRequest, goingAway, internalError } from "./close-codes.ts";
import type { WebSocketLike } from "./websocket-class.ts";

/** Receives the events of a wire. */
export interface SocketWireListener {
  /** The socket opened. */
  opened(wire: SocketWire): void;
  /** A message arrived. */
  message(message: Message): void;
  /** The remote peer or the network ended the wire. `permanent`: the constructor of the socket threw. */
  closed(error: CloseError, permanent: boolean): void;
}

/** The part of a `Wire` that a `SocketWire` has. */
type WirePart = Pick<
  Wire,
  "protocol" | "bufferedAmount" | "send" | "drained" | "close" | "terminate" | "pause" | "resume"
>;

/** The readyState of a WebSocket that is open. */
const open = 1;

/** A socket with so many unsent bytes is full. */
const highWaterMark = 2 ** 20;
/** How often a full socket is checked, in ms: a browser has no event for a buffer that has drained. */
const pollInterval = 50;

/**
 * A WebSocket as a wire. It has all of a `Wire` but `listen`: its listener is known from the start, so no event is lost.
 * The listener receives `closed` once, when the remote peer or the network ends the wire. When `close` or `terminate`
 * ends it, the listener receives nothing more.
 */
export class SocketWire implements WirePart {
  readonly #listener: SocketWireListener;
  /** Undefined when the socket could not be made. */
  #socket: WebSocketLike | undefined;
  #ended = false;
  #draining: Promise<void> | undefined;

  /** Makes the socket by `createSocket`; what that throws is reported as `closed`, in a later microtask. */
  constructor(createSocket: () => WebSocketLike, listener: SocketWireListener) {
    this.#listener = listener;
    try {
      this.#socket = createSocket();
      this.#listen(this.#socket);
    } catch (cause) {
      void Promise.resolve().then(() => this.#end(wireError(abnormal, "", false, cause), true));
    }
  }

  /** Whether the wire has ended, from either side. */
  get ended(): boolean {
    return this.#ended;
  }

  get protocol(): string {
    return this.#socket?.protocol ?? "";
  }

  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  send(message: Message): void {
    // The platform's types exclude shared memory, which no message of ours uses.
    if (this.#open) this.#socket?.send(message as string | Uint8Array<ArrayBuffer>);
  }

  drained(): Promise<void> | undefined {
    return this.#full ? (this.#draining ??= this.#drain()) : undefined;
  }

  close(code: number, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    try {
      this.#socket?.close(code, reason);
    } catch {
      // A page may send only 1000 and 3000 to 4999: 1001 goes without a code, other codes as the matching 4xxx code.
      if (code === goingAway) this.#socket?.close();
      else this.#socket?.close(code >= internalError ? 4500 : badRequest, reason);
    }
  }

  terminate(): void {
    this.#ended = true;
    // A browser has no `terminate`: its closing handshake goes on, for up to half a minute, and is ignored.
    if (this.#socket?.terminate) this.#socket.terminate();
    else this.#socket?.close();
  }

  pause(): void {
    this.#socket?.pause?.();
  }

  resume(): void {
    this.#socket?.resume?.();
  }

  get #open(): boolean {
    return !this.#ended && this.#socket?.readyState === open;
  }

  get #full(): boolean {
    return this.#open && this.bufferedAmount >= highWaterMark;
  }

  async #drain(): Promise<void> {
    while (this.#full) await new Promise<void>((resolve) => new Timer().start(pollInterval, resolve));
    this.#draining = undefined;
  }

  #listen(socket: WebSocketLike): void {
    let cause: unknown;
    socket.binaryType = "arraybuffer";
    // This listener stays: `ws` emits an error when it is closed while connecting, and an unhandled one ends Node.
    socket.addEventListener("error", (event) => {
      cause = (event as { error?: unknown }).error;
    });
    socket.addEventListener("open", () => {
      if (!this.#ended) this.#listener.opened(this);
    });
    socket.addEventListener("message", (event) => {
      const { data } = event as unknown as { readonly data: string | ArrayBuffer };
      if (!this.#ended) this.#listener.message(typeof data === "string" ? data : new Uint8Array(data));
    });
    socket.addEventListener("close", (event) => {
      const { code, reason, wasClean } = event as unknown as CloseError;
      this.#end(wireError(code, reason, wasClean, cause));
    });
  }

  #end(error: CloseError, permanent = false): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#listener.closed(error, permanent);
  }
}

/** The error of a wire that ended. Without a reason of the server, the reason is the message of the platform's `cause`. */
export function wireError(code: number, reason: string, wasClean: boolean, cause?: unknown): CloseError {
  const text = reason || (cause instanceof Error ? cutReason(cause.message) : "");
  return Object.assign(new CloseError(code, text, wasClean), cause && { cause });
}
