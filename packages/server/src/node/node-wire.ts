import type { Duplex } from "node:stream";
import { CloseCode, type Message } from "@symbolon/protocol";
import {
  checkCloseCode,
  cutReason,
  type Wire,
  WireEvents,
  type WireListener,
} from "@symbolon/protocol/internal";
import { WebSocket } from "ws";
import { FrameWriter } from "./frame-writer.ts";

/** Messages kept for a listener who is not there yet, above which reading stops. */
const early = 16;
/** Their bytes, above which reading stops: nobody knows yet who says it. */
const earlyBytes = 16 * 1024;

/** A `ws` socket whose control frames never overtake what was batched before them. */
export class BatchedWebSocket extends WebSocket {
  /** Writes the batch; set once the socket is open. */
  flush: () => void = () => {};

  override close(code?: number, data?: string | Buffer): void {
    // `ws` itself calls this to answer a close frame: after it nothing may be sent (RFC 6455 §5.5.1).
    this.flush();
    super.close(code, data);
  }
}

/** A wire over a `ws` socket: `ws` reads, pings and closes, we write messages in batches. */
export class NodeWire implements Wire {
  readonly #ws: BatchedWebSocket;
  readonly #writer: FrameWriter;
  readonly #events = new WireEvents();
  #listened = false;
  #keptBytes = 0;
  #paused = false;
  #over: Promise<void> | undefined;
  #release: () => void = () => {};

  /** `socket` is the one that carries `ws`, handed over by the `upgrade` event. */
  constructor(ws: BatchedWebSocket, socket: Duplex) {
    this.#ws = ws;
    this.#writer = new FrameWriter(socket);
    ws.flush = () => this.#writer.flush();
    ws.on("message", (data: Buffer, isBinary: boolean) =>
      this.#heard(isBinary ? plain(data) : data.toString()),
    );
    ws.on("pong", () => this.#events.pong());
    ws.on("close", (code: number, reason: Buffer) => {
      this.#events.closed({ code, reason: reason.toString(), wasClean: code !== CloseCode.Abnormal });
      // After the end was told: what waited for room did not get any.
      this.#writer.release();
      this.#release();
    });
    // `ws` closes by itself after an error, with the right code; without a listener it would end the process.
    ws.on("error", () => {});
  }

  get protocol(): string {
    return this.#ws.protocol;
  }

  get bufferedAmount(): number {
    return this.#writer.bufferedAmount;
  }

  get arrivals(): Wire["arrivals"] {
    return this.#events.arrivals;
  }

  send(message: Message): void {
    if (this.#ws.readyState === WebSocket.OPEN) this.#writer.write(message);
  }

  drained(): Promise<void> | undefined {
    if (this.#ws.readyState !== WebSocket.CLOSING) return this.#writer.drained();
    // What is sent while the wire closes is dropped: there is no room any more, only an end.
    this.#over ??= new Promise((resolve) => (this.#release = resolve));
    return this.#over;
  }

  close(code: number, reason: string): void {
    try {
      checkCloseCode(code);
      this.#ws.close(code, cutReason(reason));
    } catch {
      this.#ws.close(CloseCode.InternalError);
    }
  }

  terminate(): void {
    this.#ws.terminate();
  }

  listen(listener: WireListener | undefined): void {
    this.#listened = listener !== undefined;
    this.#keptBytes = 0;
    if (this.#listened && !this.#paused) this.#ws.resume();
    this.#events.listen(listener);
  }

  pause(): void {
    this.#paused = true;
    this.#ws.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#ws.resume();
  }

  ping(): void {
    if (this.#ws.readyState !== WebSocket.OPEN) return;
    this.#writer.flush();
    this.#ws.ping();
  }

  #heard(message: Message): void {
    this.#events.message(message);
    if (this.#listened) return;
    this.#keptBytes += Buffer.byteLength(message);
    if (this.#events.buffered >= early || this.#keptBytes > earlyBytes) this.#ws.pause();
  }
}

/** The same bytes: a `Buffer` prints and compares in its own way, and its `slice` copies nothing. */
function plain(data: Buffer): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
