import { CloseError, cutReason, type Message, type Wire } from "@symbolon/protocol";
import { Alarm } from "./alarm.ts";
import { abnormal, badRequest, goingAway, internalError, unsupportedData } from "./close-codes.ts";

/** The least a socket made by a `WebSocketClass` does: what every browser's does, and more where it is of `ws`. */
export interface WebSocketLike {
  readonly readyState: number;
  readonly bufferedAmount: number;
  readonly protocol: string;
  binaryType: string;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(
    type: "open" | "message" | "close" | "error",
    listener: (event: { readonly type: string }) => void,
  ): void;
  terminate?(): void;
  pause?(): void;
  resume?(): void;
}

/** Who is told of a socket's life. */
export interface SocketListener {
  /** It opened. */
  opened(wire: SocketWire): void;
  /** A message came. */
  message(message: Message): void;
  /** It ended, or never was. `hopeless`: dialing the same again can only fail again, as with a malformed url. */
  closed(error: CloseError, hopeless: boolean, wire?: SocketWire): void;
}

// The readyState of a WebSocket.
const open = 1;
const closed = 3;

/** Above this many unsent bytes a socket has no room, and is asked again every `look` ms: browsers do not tell. */
const fullAt = 2 ** 20;
const look = 50;

/**
 * A browser's socket, or that of `ws`, as a wire whose one listener is there from birth, so nothing is lost.
 * It is also all that `reconnecting-websocket` takes for a WebSocket: its constructor never throws, it has no `error`
 * event (upon which that library would invent a clean close), and `close` comes exactly once.
 */
export class SocketWire implements Pick<Wire, "send" | "drained" | "close" | "terminate"> {
  /** The dialer knows a class of WebSockets by it. */
  static readonly CLOSING = 2;
  /** The socket itself; undefined when there never was one. */
  readonly socket: WebSocketLike | undefined;
  readonly #listener: SocketListener;
  /** Tells the dialer that it ended: all that it needs to know. */
  #ended: ((event: { readonly type: string }) => void) | undefined;
  #over = false;
  #draining: Promise<void> | undefined;

  /** `make` may throw: then the wire ends at once, with what was thrown as the cause. */
  constructor(make: (wire: SocketWire) => WebSocketLike, listener: SocketListener) {
    this.#listener = listener;
    try {
      this.socket = make(this);
      this.#hear(this.socket);
    } catch (cause) {
      // Later, for nobody can listen yet.
      queueMicrotask(() => this.#end(broken(cause), true));
    }
  }

  /** 0 to 3, as a WebSocket counts. */
  get readyState(): number {
    return this.#over ? closed : (this.socket?.readyState ?? 0);
  }

  addEventListener(type: string, told: (event: { readonly type: string }) => void): void {
    if (type === "close") this.#ended = told;
  }

  /** The dialer has one listener of each type, and takes them all back at once. */
  removeEventListener(): void {
    this.#ended = undefined;
  }

  send(message: Message): void {
    // The platform's types rule out shared memory, which a message of ours never is.
    if (this.readyState === open) this.socket?.send(message as string | Uint8Array<ArrayBuffer>);
  }

  drained(): Promise<void> | undefined {
    return this.#full ? (this.#draining ??= this.#drain()) : undefined;
  }

  close(code: number, reason: string): void {
    try {
      this.socket?.close(code, reason);
    } catch {
      // A browser's page may say 1000 and 3000–4999 only: other codes go as their HTTP kin, leaving without one.
      if (code === goingAway) this.socket?.close();
      else this.socket?.close(code >= internalError ? 4500 : badRequest, reason);
    }
  }

  terminate(): void {
    const socket = this.socket;
    // A browser may take half a minute to give up on the closing handshake; nobody waits for it.
    if (socket?.terminate) socket.terminate();
    else socket?.close();
    queueMicrotask(() => this.#end(broken()));
  }

  /** Its dialer takes it for ended, and dials another; it is the listener's alone now. */
  hand(): void {
    this.#ended?.({ type: "close" });
  }

  /** Tells nobody anything any more. */
  mute(): void {
    this.#over = true;
  }

  get #full(): boolean {
    return this.readyState === open && Number(this.socket?.bufferedAmount) >= fullAt;
  }

  async #drain(): Promise<void> {
    while (this.#full) await new Promise<void>((resolve) => new Alarm().set(look, resolve));
    this.#draining = undefined;
  }

  #hear(socket: WebSocketLike): void {
    let cause: unknown;
    socket.binaryType = "arraybuffer";
    // Stays for good: `ws` emits an error when it is closed while connecting, and one that nobody hears ends Node.
    socket.addEventListener("error", (event) => {
      cause = (event as { error?: unknown }).error;
    });
    socket.addEventListener("open", () => {
      if (!this.#over) this.#listener.opened(this);
    });
    socket.addEventListener("message", (event) => this.#message((event as { data?: unknown }).data));
    socket.addEventListener("close", (event) => {
      const { code, reason, wasClean } = event as unknown as CloseError;
      this.#end(errorOf(code, reason, wasClean, cause));
    });
  }

  #message(data: unknown): void {
    if (this.#over) return;
    if (typeof data === "string") return this.#listener.message(data);
    // An ArrayBuffer, or a view of one. Not `instanceof`: another realm has another ArrayBuffer.
    const { buffer = data as ArrayBuffer, byteOffset, byteLength } = data as Partial<Uint8Array>;
    if (byteLength === undefined) this.close(unsupportedData, "expected an ArrayBuffer");
    else this.#listener.message(new Uint8Array(buffer, byteOffset, byteLength));
  }

  #end(error: CloseError, hopeless = false): void {
    if (this.#over) return;
    this.#over = true;
    this.#listener.closed(error, hopeless, this);
    this.hand();
  }
}

/** A connection that broke, or never came to be: 1006, as RFC 6455 §7.1.5 names it. */
export function broken(cause?: unknown): CloseError {
  return errorOf(abnormal, "", false, cause);
}

/** Its reason is what the platform said, where the other half said nothing. */
function errorOf(code: number, reason: string, wasClean: boolean, cause: unknown): CloseError {
  const said = reason || (cause instanceof Error ? cutReason(cause.message) : "");
  return Object.assign(new CloseError(code, said, wasClean), cause && { cause });
}
