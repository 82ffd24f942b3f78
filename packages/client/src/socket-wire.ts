import {
  CloseError,
  cutReason,
  WireEvents,
  type Closed,
  type Message,
  type Wire,
  type WireListener,
} from "@symbolon/protocol";
import { Alarm } from "./alarm.ts";
import { abnormal, badRequest, goingAway, internalError, unsupportedData } from "./close-codes.ts";

/** The least a socket made by a `WebSocketClass` does: what every browser's does. */
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
}

/** How a socket ended, or why there never was one. */
export interface Fallen extends Closed {
  /** What the platform said about it, or what the url provider threw. */
  readonly cause?: unknown;
  /** True when dialing the same again can only fail again: a malformed url, no WebSocket in this runtime. */
  readonly hopeless?: boolean;
}

/** The error that says how it fell; its reason is what the platform said, where the other half said nothing. */
export function errorOf(fallen: Fallen): CloseError {
  const { cause } = fallen;
  const said = cause instanceof Error ? cause.message : typeof cause === "string" ? cause : "";
  const error = new CloseError(fallen.code, fallen.reason || cutReason(said), fallen.wasClean);
  if (cause !== undefined) error.cause = cause;
  return error;
}

// The readyState of a WebSocket.
const open = 1;
const closing = 2;
const closed = 3;

/** Above this many unsent bytes a socket has no room, and is asked again every `look` ms: browsers do not tell. */
const fullAt = 1024 * 1024;
const look = 50;

/** A connection that broke, as RFC 6455 §7.1.5 names it. */
export const broken: Closed = { code: abnormal, reason: "", wasClean: false };

/** A browser's socket, or that of `ws`, as a wire. It listens from birth, so nothing glued to the handshake is lost. */
export class SocketWire implements Wire {
  readonly #socket: WebSocketLike;
  readonly #fell: (fallen: Fallen) => void;
  readonly #events = new WireEvents();
  #over = false;
  #draining: Promise<void> | undefined;

  constructor(socket: WebSocketLike, opened: () => void, fell: (fallen: Fallen) => void) {
    this.#socket = socket;
    this.#fell = fell;
    socket.binaryType = "arraybuffer";
    let cause: unknown;
    // Stays for good: `ws` emits an error when it is closed while connecting, and one that nobody hears ends Node.
    socket.addEventListener("error", (event) => {
      const { error, message } = event as { error?: unknown; message?: unknown };
      cause = error ?? message;
    });
    socket.addEventListener("open", () => {
      if (!this.#over) opened();
    });
    socket.addEventListener("message", (event) =>
      this.#message((event as unknown as { data: unknown }).data),
    );
    socket.addEventListener("close", (event) => {
      const { code, reason, wasClean } = event as unknown as Closed;
      this.#end({ code, reason, wasClean, cause });
    });
  }

  /** 0 to 3, as a WebSocket counts. */
  get readyState(): number {
    return this.#over ? closed : this.#socket.readyState;
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  send(message: Message): void {
    // The platform's types rule out shared memory, which a message of ours never is.
    const data = message as string | Uint8Array<ArrayBuffer>;
    if (this.readyState === open) attempt(() => this.#socket.send(data));
  }

  drained(): Promise<void> | undefined {
    return this.#full ? (this.#draining ??= this.#drain()) : undefined;
  }

  close(code: number, reason: string): void {
    if (this.#over || this.#socket.readyState >= closing) return;
    if (attempt(() => this.#socket.close(code, reason))) return;
    const said = asBrowsersSay(code);
    attempt(() => (said === undefined ? this.#socket.close() : this.#socket.close(said, reason)));
  }

  terminate(): void {
    if (this.#over) return;
    this.#over = true;
    const socket = this.#socket;
    // A browser may take half a minute to give up on the closing handshake; nobody waits for it.
    attempt(() => (isOfWs(socket) ? socket.terminate() : socket.close()));
    queueMicrotask(() => this.#told(broken));
  }

  listen(listener: WireListener | undefined): void {
    this.#events.listen(listener);
  }

  pause(): void {
    const socket = this.#socket;
    if (isOfWs(socket)) attempt(() => socket.pause());
  }

  resume(): void {
    const socket = this.#socket;
    if (isOfWs(socket)) attempt(() => socket.resume());
  }

  get #full(): boolean {
    return this.readyState === open && this.bufferedAmount >= fullAt;
  }

  async #drain(): Promise<void> {
    while (this.#full) await new Promise<void>((resolve) => new Alarm().set(look, resolve));
    this.#draining = undefined;
  }

  #message(data: unknown): void {
    if (this.#over) return;
    if (typeof data === "string") this.#events.message(data);
    else if (ArrayBuffer.isView(data))
      this.#events.message(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    // Not `instanceof`: another realm has another ArrayBuffer.
    else if (typeof (data as ArrayBuffer).byteLength === "number")
      this.#events.message(new Uint8Array(data as ArrayBuffer));
    else this.close(unsupportedData, "binaryType arraybuffer was not obeyed");
  }

  #end(fallen: Fallen): void {
    if (this.#over) return;
    this.#over = true;
    this.#told(fallen);
  }

  #told(fallen: Fallen): void {
    this.#events.closed({ code: fallen.code, reason: fallen.reason, wasClean: fallen.wasClean });
    this.#fell(fallen);
  }
}

/** What `ws` adds to a browser's socket. */
export interface OfWs {
  terminate(): void;
  pause(): void;
  resume(): void;
}

/** Whether this is a socket of `ws`, or does what one does. */
export function isOfWs<T extends object>(socket: T): socket is T & OfWs {
  return ["terminate", "pause", "resume"].every(
    (name) => typeof (socket as Record<string, unknown>)[name] === "function",
  );
}

/** A browser's page may send 1000 and 3000–4999 only: other codes are said as their HTTP kin, leaving without one. */
function asBrowsersSay(code: number): number | undefined {
  if (code === goingAway) return undefined;
  return code >= internalError ? 4500 : badRequest;
}

/** Runs what must not throw; says whether it did not. */
function attempt(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}
