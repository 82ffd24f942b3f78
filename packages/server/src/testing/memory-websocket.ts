import { CloseCode, type Closed, type Message } from "@symbolon/protocol";
import { byteLength, type Wire } from "@symbolon/protocol/internal";
import {
  parseCloseCode,
  parseProtocols,
  parseReason,
  parseUrl,
  toScalarValues,
} from "./websocket-arguments.ts";

/** The real function: a test may replace the global one. */
const { setImmediate: afterImmediates } = globalThis;

const states = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;

type Handler = ((event: never) => unknown) | null;

/** What `send` takes; other values become strings. */
type SentData = string | ArrayBuffer | ArrayBufferView | Blob;

/** Makes the connection to `url`. */
type DialUrl = (url: URL, protocols: readonly string[]) => Promise<Wire>;

/** The browser's `WebSocket` (WHATWG WebSockets) over a wire in memory. */
export class MemoryWebSocket extends EventTarget {
  static readonly CONNECTING: 0 = states.CONNECTING;
  static readonly OPEN: 1 = states.OPEN;
  static readonly CLOSING: 2 = states.CLOSING;
  static readonly CLOSED: 3 = states.CLOSED;
  readonly CONNECTING: 0 = states.CONNECTING;
  readonly OPEN: 1 = states.OPEN;
  readonly CLOSING: 2 = states.CLOSING;
  readonly CLOSED: 3 = states.CLOSED;

  readonly extensions = "";
  readonly #url: URL;
  readonly #handlers = new Map<string, { handler: Handler; readonly listener: (event: Event) => void }>();
  #wire: Wire | undefined;
  #readyState: number = states.CONNECTING;
  #protocol = "";
  #binaryType: BinaryType = "blob";
  #bufferedAmount = 0;
  /** Resolves when the blobs that were sent are read: what is sent after one waits for it. */
  #sending: Promise<void> | undefined;

  /** @throws DOMException, a SyntaxError, for a URL or subprotocols that a browser refuses. */
  constructor(url: string | URL, protocols: string | readonly string[], dial: DialUrl) {
    super();
    this.#url = parseUrl(url);
    dial(this.#url, parseProtocols(protocols)).then(
      (wire) => this.#open(wire),
      () => this.#fail(),
    );
  }

  get url(): string {
    return this.#url.href;
  }

  get readyState(): number {
    return this.#readyState;
  }

  get protocol(): string {
    return this.#protocol;
  }

  get bufferedAmount(): number {
    return this.#bufferedAmount;
  }

  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  set binaryType(type: BinaryType) {
    if (["blob", "arraybuffer"].includes(type)) this.#binaryType = type;
  }

  get onopen(): Handler {
    return this.#handler("open");
  }

  set onopen(handler: Handler) {
    this.#setHandler("open", handler);
  }

  get onmessage(): Handler {
    return this.#handler("message");
  }

  set onmessage(handler: Handler) {
    this.#setHandler("message", handler);
  }

  get onerror(): Handler {
    return this.#handler("error");
  }

  set onerror(handler: Handler) {
    this.#setHandler("error", handler);
  }

  get onclose(): Handler {
    return this.#handler("close");
  }

  set onclose(handler: Handler) {
    this.#setHandler("close", handler);
  }

  /** As in a browser. @throws DOMException, an InvalidStateError, while the socket is connecting. */
  send(data: SentData): void {
    if (this.#readyState === states.CONNECTING)
      throw new DOMException("the WebSocket is still connecting", "InvalidStateError");
    const message = data instanceof Blob ? data : toMessage(data);
    const size = message instanceof Blob ? message.size : byteLength(message);
    this.#bufferedAmount += size; // for good, when the socket closes
    if (this.#readyState !== states.OPEN) return;
    if (message instanceof Blob)
      this.#later(async () => this.#transmit(new Uint8Array(await message.arrayBuffer()), size));
    else if (this.#sending === undefined) this.#transmit(message, size);
    else this.#later(() => this.#transmit(message, size));
  }

  /** As in a browser. @throws DOMException, an InvalidAccessError for a code, a SyntaxError for a reason. */
  close(code?: number, reason?: string): void {
    const [sent, text] = [parseCloseCode(code), parseReason(reason)];
    if (this.#readyState >= states.CLOSING) return;
    const isConnecting = this.#readyState === states.CONNECTING;
    this.#readyState = states.CLOSING;
    if (isConnecting) void Promise.resolve().then(() => this.#fail());
    else {
      // Without a code the close frame is empty, which its receiver calls 1005.
      const end = (): void => this.#wire?.close(sent ?? CloseCode.NoStatus, sent === undefined ? "" : text);
      if (this.#sending === undefined) end();
      else this.#later(end);
    }
  }

  #open(wire: Wire): void {
    if (this.#readyState !== states.CONNECTING) return wire.terminate();
    this.#wire = wire;
    this.#protocol = wire.protocol;
    this.#readyState = states.OPEN;
    this.dispatchEvent(new Event("open"));
    wire.listen({ message: (message) => this.#message(message), closed: (closed) => this.#closed(closed) });
  }

  #message(message: Message): void {
    if (this.#readyState !== states.OPEN) return;
    const data = typeof message === "string" ? message : this.#binary(message.slice());
    this.dispatchEvent(new MessageEvent("message", { data, origin: this.#url.origin }));
  }

  #binary(bytes: Uint8Array<ArrayBuffer>): Blob | ArrayBuffer {
    return this.#binaryType === "blob" ? new Blob([bytes]) : bytes.buffer;
  }

  #later(work: () => Promise<void> | void): void {
    const sending = (this.#sending ?? Promise.resolve()).then(work).then(() => {
      if (this.#sending === sending) this.#sending = undefined;
    });
    this.#sending = sending;
  }

  /** Sends a message, whose bytes count as buffered until a later task, and while the other side does not read. */
  #transmit(message: Message, size: number): void {
    this.#wire?.send(message);
    const taken = async (): Promise<void> => {
      await new Promise<void>(afterImmediates);
      await this.#wire?.drained();
      if (this.#readyState !== states.CLOSED) this.#bufferedAmount -= size;
    };
    void taken();
  }

  #fail(): void {
    if (this.#readyState === states.CLOSED) return;
    this.#readyState = states.CLOSED;
    this.dispatchEvent(new Event("error"));
    this.#dispatchClose({ code: CloseCode.Abnormal, reason: "", wasClean: false });
  }

  #closed(closed: Closed): void {
    if (this.#readyState === states.CLOSED) return;
    this.#readyState = states.CLOSED;
    this.#dispatchClose(closed);
  }

  #dispatchClose(closed: Closed): void {
    this.dispatchEvent(Object.assign(new Event("close"), closed)); // Node 20 has no CloseEvent
  }

  #handler(type: string): Handler {
    return this.#handlers.get(type)?.handler ?? null;
  }

  /** A handler keeps its place among the listeners until it is null (HTML, event handlers). */
  #setHandler(type: string, value: unknown): void {
    const handler = typeof value === "function" ? (value as Handler) : null;
    const known = this.#handlers.get(type);
    if (handler === null) {
      if (known !== undefined) this.removeEventListener(type, known.listener);
      this.#handlers.delete(type);
    } else if (known === undefined) {
      const listener = (event: Event): unknown => this.#handler(type)?.call(this, event as never);
      this.#handlers.set(type, { handler, listener });
      this.addEventListener(type, listener);
    } else known.handler = handler;
  }
}

function toMessage(data: Exclude<SentData, Blob>): Message {
  // A copy: the caller may change its bytes.
  if (data instanceof ArrayBuffer) return new Uint8Array(data).slice();
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  return toScalarValues(data);
}
