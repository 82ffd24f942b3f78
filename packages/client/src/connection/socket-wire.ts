import { CloseError, type Message } from "@symbolon/protocol";
import { cutReason, type Wire } from "@symbolon/protocol/internal";
import { delay } from "./timer.ts";
import { abnormal, badRequest, goingAway, internalError } from "./close-codes.ts";
import type { WebSocketLike } from "../platform/websocket-class.ts";

/** Receives the events of a wire. */
export interface SocketWireListener {
  /** The socket opened. */
  opened(wire: SocketWire): void;
  /** A message arrived. */
  message(message: Message): void;
  /** The remote peer or the network ended the wire. `permanent`: the constructor of the socket threw. */
  closed(error: CloseError, permanent?: boolean): void;
}

/**
 * A WebSocket as a wire. It has all of a `Wire` but `listen`: its listener is known from the start, so no event is lost.
 * The listener receives `closed` once, when the remote peer or the network ends the wire. When `close` or `terminate`
 * ends it, the listener receives nothing more.
 */
export interface SocketWire extends Pick<
  Wire,
  "protocol" | "bufferedAmount" | "send" | "drained" | "close" | "terminate" | "pause" | "resume"
> {
  /** False before the socket opens and as soon as one peer closes it: what is sent then is lost. */
  readonly open: boolean;
}

/** The readyState of a WebSocket that is open. */
const open = 1;

/** A socket with so many unsent bytes is full. */
const highWaterMark = 2 ** 20;
/** How often a full socket is checked, in ms: a browser has no event for a buffer that has drained. */
const pollInterval = 50;

/** Makes the socket by `createSocket`; what that throws is reported as `closed`, in a later microtask. */
export function createSocketWire(
  createSocket: () => WebSocketLike,
  listener: SocketWireListener,
): SocketWire {
  /** Undefined when the socket could not be made. */
  let socket: WebSocketLike | undefined;
  let ended = false;
  let draining: Promise<void> | undefined;
  let cause: unknown;
  const isOpen = (): boolean => !ended && socket?.readyState === open;
  const isFull = (): boolean => isOpen() && wire.bufferedAmount >= highWaterMark;

  async function drain(): Promise<void> {
    while (isFull()) await delay(pollInterval);
    draining = undefined;
  }

  function end(error: CloseError, permanent?: boolean): void {
    if (ended) return;
    ended = true;
    listener.closed(error, permanent);
  }

  function listen(made: WebSocketLike): void {
    socket = made;
    made.binaryType = "arraybuffer";
    // This listener stays: `ws` emits an error when it is closed while connecting, and an unhandled one ends Node.
    made.addEventListener("error", (event) => {
      cause ??= (event as { error?: unknown }).error; // a later one follows from the first
    });
    made.addEventListener("open", () => {
      if (!ended) listener.opened(wire);
    });
    made.addEventListener("message", (event) => {
      const { data } = event as unknown as { readonly data: string | ArrayBuffer };
      if (!ended) listener.message(typeof data === "string" ? data : new Uint8Array(data));
    });
    made.addEventListener("close", (event) => {
      const { code, reason, wasClean } = event as unknown as CloseError;
      end(wireError(code, reason, cause, wasClean));
    });
  }

  const wire: SocketWire = {
    get open() {
      return isOpen();
    },
    get protocol() {
      return socket?.protocol ?? "";
    },
    get bufferedAmount() {
      return socket?.bufferedAmount ?? 0;
    },
    send(message) {
      // The platform's types exclude shared memory, which no message of ours uses.
      if (isOpen()) socket?.send(message as string | Uint8Array<ArrayBuffer>);
    },
    drained: () => (isFull() ? (draining ??= drain()) : undefined),
    close(code, reason) {
      if (ended) return;
      ended = true;
      try {
        socket?.close(code, reason);
      } catch {
        // A page may send only 1000 and 3000 to 4999: 1001 goes without a code, other codes as the matching 4xxx code.
        if (code === goingAway) socket?.close();
        else socket?.close(code >= internalError ? 4500 : badRequest, reason);
      }
    },
    terminate() {
      ended = true;
      // A browser has no `terminate`: its closing handshake goes on, for up to half a minute, and is ignored.
      if (socket?.terminate) socket.terminate();
      else socket?.close();
    },
    pause: () => socket?.pause?.(),
    resume: () => socket?.resume?.(),
  };
  try {
    listen(createSocket());
  } catch (thrown) {
    void Promise.resolve().then(() => end(wireError(abnormal, "", thrown), true));
  }
  return wire;
}

/** The error of a wire that ended. Without a reason of the server, the reason is the message of the platform's `cause`. */
export function wireError(code: number, reason: string, cause?: unknown, wasClean = false): CloseError {
  const text = reason || (cause instanceof Error ? cutReason(cause.message) : "");
  return Object.assign(new CloseError(code, text, wasClean), cause && { cause });
}
