import type { WebSocketClass, WebSocketLike } from "@symbolon/client";

type SocketEvent = { readonly type: string };
type Listener = (event: SocketEvent) => void;
type EventType = "open" | "message" | "close" | "error";

/** Sees what passes through a network. */
export interface NetworkListener {
  readonly sent: (message: string | Uint8Array) => void;
  readonly received: (message: unknown) => void;
  /** A connection has closed. */
  readonly closed: (code: number, reason: string) => void;
}

/** The network as a console sees it: its WebSockets are observed, and it can be cut. */
export class Network {
  /** The class of WebSockets on this network. */
  readonly WebSocket: WebSocketClass;
  /** Observes the messages. */
  readonly listener: NetworkListener;
  /** The sockets that are not closed. */
  readonly sockets = new Set<NetworkSocket>();
  #isCut = false;

  constructor(listener: NetworkListener) {
    this.listener = listener;
    this.WebSocket = socketClass(this);
  }

  /** No message passes, and no connection opens. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Loses every connection, and each new one, until `restore`. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.sockets) socket.lose();
  }

  /** Connections can be opened again. */
  restore(): void {
    this.#isCut = false;
  }
}

/** A WebSocket of a network. Without the network its client learns what a browser would tell it: a close with 1006. */
class NetworkSocket implements WebSocketLike {
  readonly #network: Network;
  readonly #inner: WebSocket | undefined;
  readonly #listeners: Record<EventType, Listener[]> = { open: [], message: [], close: [], error: [] };
  #isClosed = false;

  constructor(network: Network, url: string, protocols: string[] | undefined) {
    this.#network = network;
    if (network.isCut) {
      setTimeout(() => this.lose(), 0); // as a real dial does, it fails later
      return;
    }
    network.sockets.add(this);
    this.#inner = new WebSocket(url, protocols);
    this.#inner.binaryType = "arraybuffer";
    this.#inner.addEventListener("open", (event) => this.#emit(event));
    this.#inner.addEventListener("error", (event) => this.#emit(event));
    this.#inner.addEventListener("message", (event: MessageEvent<unknown>) => {
      if (this.#isClosed) return;
      network.listener.received(event.data);
      this.#emit(event);
    });
    this.#inner.addEventListener("close", (event) => this.#close(event));
  }

  get readyState(): number {
    return this.#isClosed ? WebSocket.CLOSED : (this.#inner?.readyState ?? WebSocket.CONNECTING);
  }

  get bufferedAmount(): number {
    return this.#inner?.bufferedAmount ?? 0;
  }

  get protocol(): string {
    return this.#inner?.protocol ?? "";
  }

  get binaryType(): string {
    return "arraybuffer";
  }

  set binaryType(type: string) {
    if (type !== "arraybuffer") throw new TypeError("a socket of the console has array buffers");
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.#isClosed) return;
    this.#network.listener.sent(data);
    this.#inner?.send(data);
  }

  close(code?: number, reason?: string): void {
    this.#inner?.close(code, reason);
  }

  addEventListener(type: EventType, listener: Listener): void {
    this.#listeners[type].push(listener);
  }

  /** The connection is lost: neither side learns of it by a message. */
  lose(): void {
    this.#emit(new Event("error"));
    this.#close(new CloseEvent("close", { code: 1006, wasClean: false }));
    this.#inner?.close();
  }

  #close(event: CloseEvent): void {
    if (this.#isClosed) return;
    this.#network.sockets.delete(this);
    this.#network.listener.closed(event.code, event.reason);
    this.#emit(event);
  }

  #emit(event: SocketEvent): void {
    if (this.#isClosed) return;
    if (event.type === "close") this.#isClosed = true;
    for (const listener of this.#listeners[event.type as EventType]) listener(event);
  }
}

/** The class of the WebSockets of a network. */
function socketClass(network: Network): WebSocketClass {
  return class extends NetworkSocket {
    constructor(url: string, protocols?: string[]) {
      super(network, url, protocols);
    }
  };
}
