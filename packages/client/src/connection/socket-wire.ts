import { CloseError, type Message } from "@symbolon/protocol";
import { cutReason, type Wire } from "@symbolon/protocol/internal";
import { Timer } from "./timer.ts";
import { abnormal, badRequest, goingAway, internalError } from "./close-codes.ts";
import { type WebSocketClass, createWebSocket, type WebSocketLike } from "./websocket-class.ts";

/** What is dialed. */
export interface DialOptions {
  /** Asked once, and may take its time; `http` and `https` are read as `ws` and `wss`. A rejection ends the wire. */
  readonly url: () => string | URL | Promise<string | URL>;
  /** The subprotocols to offer. */
  readonly protocols: readonly string[];
  /** Default: the platform's. */
  readonly WebSocket?: WebSocketClass | undefined;
}

/** Who is told of a socket's life. */
export interface SocketListener {
  /** The url is known, and a socket is being made. */
  dialing(): void;
  /** It opened. */
  opened(wire: SocketWire): void;
  /** A message came. */
  message(message: Message): void;
  /** It ended, or never was. `hopeless`: dialing the same again can only fail again, as with a malformed url. */
  closed(error: CloseError, wire: SocketWire, hopeless: boolean): void;
}

/** The readyState of a WebSocket that is open. */
const open = 1;

/** Above this many unsent bytes a socket has no room, and is asked again every `look` ms: browsers do not tell. */
const fullAt = 2 ** 20;
const look = 50;

/**
 * A browser's socket, or that of `ws`, as a wire: dialed when it is made, with one listener from birth, so that nothing
 * is lost, which is told of its end exactly once, and never of one that was its own doing.
 */
export class SocketWire implements Pick<Wire, "send" | "drained" | "close" | "terminate"> {
  /** The socket itself; undefined before the url is known. */
  socket: WebSocketLike | undefined;
  readonly #listener: SocketListener;
  #over = false;
  #draining: Promise<void> | undefined;

  constructor(dialed: DialOptions, listener: SocketListener) {
    this.#listener = listener;
    void this.#dial(dialed);
  }

  send(message: Message): void {
    // The platform's types rule out shared memory, which a message of ours never is.
    if (this.#open) this.socket?.send(message as string | Uint8Array<ArrayBuffer>);
  }

  drained(): Promise<void> | undefined {
    return this.#full ? (this.#draining ??= this.#drain()) : undefined;
  }

  close(code: number, reason: string): void {
    this.#over = true;
    try {
      this.socket?.close(code, reason);
    } catch {
      // A browser's page may say 1000 and 3000–4999 only: other codes go as their HTTP kin, leaving without one.
      if (code === goingAway) this.socket?.close();
      else this.socket?.close(code >= internalError ? 4500 : badRequest, reason);
    }
  }

  terminate(): void {
    this.#over = true;
    // A browser may take half a minute to give up on the closing handshake; nobody waits for it.
    if (this.socket?.terminate) this.socket.terminate();
    else this.socket?.close();
  }

  get #open(): boolean {
    return !this.#over && this.socket?.readyState === open;
  }

  get #full(): boolean {
    return this.#open && Number(this.socket?.bufferedAmount) >= fullAt;
  }

  async #drain(): Promise<void> {
    while (this.#full) await new Promise<void>((resolve) => new Timer().start(look, resolve));
    this.#draining = undefined;
  }

  async #dial({ url, protocols, WebSocket }: DialOptions): Promise<void> {
    let hopeless = false;
    try {
      const address = String(await url()).replace(/^http/i, "ws");
      if (this.#over) return;
      hopeless = true;
      this.#listener.dialing();
      this.#hear((this.socket = createWebSocket(address, protocols, WebSocket)));
    } catch (cause) {
      this.#end(abnormal, "", false, cause, hopeless);
    }
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
    socket.addEventListener("message", (event) => {
      const { data } = event as unknown as { readonly data: string | ArrayBuffer };
      if (!this.#over) this.#listener.message(typeof data === "string" ? data : new Uint8Array(data));
    });
    socket.addEventListener("close", (event) => {
      const { code, reason, wasClean } = event as unknown as CloseError;
      this.#end(code, reason, wasClean, cause);
    });
  }

  /** What the platform said of the cause stands for a reason, where the other half gave none. */
  #end(code: number, reason: string, wasClean: boolean, cause: unknown, hopeless = false): void {
    if (this.#over) return;
    this.#over = true;
    const said = reason || (cause instanceof Error ? cutReason(cause.message) : "");
    const error = Object.assign(new CloseError(code, said, wasClean), cause && { cause });
    this.#listener.closed(error, this, hopeless);
  }
}
