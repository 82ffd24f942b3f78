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
  /**
   * The remote peer or the network ended the wire. `permanent`: the constructor of the socket threw. `unopened`: the socket,
   * when it has never opened.
   */
  closed(error: CloseError, permanent?: boolean, unopened?: WebSocketLike): void;
}

/**
 * A WebSocket as a wire. It has of a `Wire` what a contract's client needs: what a raw socket needs besides, the socket has.
 * Its listener is known from the start, so no event is lost. The listener receives `closed` once, when the remote peer or the
 * network ends the wire. When `close` or `terminate` ends it, the listener receives nothing more.
 */
export interface SocketWire extends Pick<Wire, "send" | "drained" | "close" | "terminate"> {
  /** The socket; undefined when it could not be made. */
  readonly socket: WebSocketLike | undefined;
  /** False before the socket opens and as soon as one peer closes it: what is sent then is lost. */
  readonly isOpen: () => boolean;
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
  /** The same until it opens. */
  let unopened: WebSocketLike | undefined;
  let ended = false;
  let draining: Promise<void> | undefined;
  let cause: unknown;
  const isOpen = (): boolean => !ended && socket?.readyState === open;
  const isFull = (): boolean => isOpen() && Number(socket?.bufferedAmount) >= highWaterMark;

  async function drain(): Promise<void> {
    while (isFull()) await delay(pollInterval);
    draining = undefined;
  }

  function end(error: CloseError): void {
    if (ended) return;
    ended = true;
    listener.closed(error, !socket, unopened);
  }

  const wire: SocketWire = {
    get socket() {
      return socket;
    },
    isOpen,
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
  };
  try {
    const made = (socket = unopened = createSocket());
    made.binaryType = "arraybuffer";
    // This listener stays: `ws` emits an error when it is closed while connecting, and an unhandled one ends Node.
    listen(made, "error", (event: { readonly error?: unknown }) => {
      cause ??= event.error; // a later one follows from the first
    });
    listen(made, "open", () => {
      unopened = undefined;
      if (!ended) listener.opened(wire);
    });
    listen(made, "message", ({ data }: { readonly data: string | ArrayBuffer }) => {
      if (!ended) listener.message(typeof data === "string" ? data : new Uint8Array(data));
    });
    listen(made, "close", ({ code, reason, wasClean }: CloseError) =>
      end(wireError(code, reason, cause, wasClean)),
    );
  } catch (thrown) {
    void Promise.resolve().then(() => end(wireError(abnormal, "", thrown)));
  }
  return wire;
}

/** Calls `act` for each event of this type: what the platform's events have is not in the types of every platform. */
function listen(
  socket: WebSocketLike,
  type: Parameters<WebSocketLike["addEventListener"]>[0],
  act: (event: never) => void,
): void {
  socket.addEventListener(type, act as never);
}

/** The error of a wire that ended. Without a reason of the server, the reason is the message of the platform's `cause`. */
export function wireError(code: number, reason: string, cause?: unknown, wasClean = false): CloseError {
  const text = reason || (cause instanceof Error ? cutReason(cause.message) : "");
  return Object.assign(new CloseError(code, text, wasClean), cause && { cause });
}
