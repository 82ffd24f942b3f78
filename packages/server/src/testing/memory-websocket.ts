import { CloseCode, type Closed, type Message } from "@symbolon/protocol";
import type { Wire } from "@symbolon/protocol/internal";

/** The browser's `WebSocket` (WHATWG WebSockets) over a wire in memory. */
export class MemoryWebSocket extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;

  readonly url: string;
  readonly extensions = "";
  readonly bufferedAmount = 0;
  binaryType: "arraybuffer" | "blob" = "arraybuffer";
  protocol = "";
  readyState: number = MemoryWebSocket.CONNECTING;
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  onclose: ((event: Event) => void) | null = null;
  #wire: Wire | undefined;

  constructor(url: URL, dial: () => Promise<Wire>) {
    super();
    this.url = url.href;
    dial().then(
      (wire) => this.#open(wire),
      () => this.#fail(),
    );
  }

  /** As in a browser. @throws DOMException while the socket is connecting. */
  send(data: string | ArrayBufferLike | ArrayBufferView): void {
    if (this.readyState === MemoryWebSocket.CONNECTING)
      throw new DOMException("the WebSocket is still connecting", "InvalidStateError");
    this.#wire?.send(typeof data === "string" ? data : toBytes(data));
  }

  close(code: number = CloseCode.Normal, reason = ""): void {
    if (this.readyState >= MemoryWebSocket.CLOSING) return;
    const connecting = this.readyState === MemoryWebSocket.CONNECTING;
    this.readyState = MemoryWebSocket.CLOSING;
    if (connecting) void Promise.resolve().then(() => this.#fail());
    else this.#wire?.close(code, reason);
  }

  #open(wire: Wire): void {
    if (this.readyState !== MemoryWebSocket.CONNECTING) return wire.terminate();
    this.#wire = wire;
    this.protocol = wire.protocol;
    this.readyState = MemoryWebSocket.OPEN;
    this.#dispatch(new Event("open"));
    wire.listen({ message: (message) => this.#message(message), closed: (closed) => this.#closed(closed) });
  }

  #message(message: Message): void {
    const data = typeof message === "string" ? message : message.slice().buffer;
    this.#dispatch(new MessageEvent("message", { data }));
  }

  #fail(): void {
    if (this.readyState === MemoryWebSocket.CLOSED) return;
    this.#dispatch(new Event("error"));
    this.#closed({ code: CloseCode.Abnormal, reason: "", wasClean: false });
  }

  #closed(closed: Closed): void {
    if (this.readyState === MemoryWebSocket.CLOSED) return;
    this.readyState = MemoryWebSocket.CLOSED;
    this.#dispatch(Object.assign(new Event("close"), closed)); // Node 20 has no CloseEvent
  }

  #dispatch(event: Event): void {
    this.dispatchEvent(event);
    const handler = { open: this.onopen, message: this.onmessage, error: this.onerror, close: this.onclose }[
      event.type
    ];
    handler?.call(this, event as MessageEvent);
  }
}

function toBytes(data: ArrayBufferLike | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
