import type { Duplex } from "node:stream";
import { CloseCode, type Closed, type Message } from "@symbolon/protocol";
import { checkCloseCode, cutReason, type Wire, WireEvents } from "@symbolon/protocol/internal";
import { WebSocket } from "ws";
import { type EncodeFrame, FrameWriter } from "./frame-writer.ts";
import type { MessageTimer } from "./message-timer.ts";
import type { OutboundBuffer, OutboundBuffers } from "./outbound-buffers.ts";
import type { PacedListener } from "../timing/paced-reader.ts";
import { nextTurn } from "../timing/next-turn.ts";

/** Messages kept before there is a listener, from which on reading stops. */
const maxEarlyMessages = 16;
/** Bytes of these messages, above which reading stops: the client is not authenticated yet. */
const maxEarlyBytes = 16 * 1024;

/**
 * A `ws` socket whose control frames never overtake messages that were batched before, and whose answer to the client's
 * last frame does not overtake the replies to the messages before it.
 */
export class BatchedWebSocket extends WebSocket {
  /** Its wire; set once the socket is open. */
  wire: NodeWire | undefined;
  /** Limits the time of its messages; set once the socket is open. */
  timer: MessageTimer | undefined;
  /** The open sockets of its server; set once the socket is open. */
  clients: Set<BatchedWebSocket> | undefined;
  #answer: (() => void) | undefined;

  /** `ws` calls this to answer a close frame, and for an invalid frame, before the handler has run for what came before it. */
  override close(code?: number, data?: string | Buffer): void {
    if (this.#answer !== undefined) return;
    this.#answer = () => {
      this.#answer = undefined;
      this.closeNow(code, data);
    };
    void (this.wire?.answerable() ?? nextTurn()).then(() => this.answer());
  }

  /** Sends the answer that waits, if there is one. */
  answer(): void {
    this.#answer?.();
  }

  /** Closes, in place of `close`, for the server: an answer that waits is sent instead. */
  closeNow(code?: number, data?: string | Buffer): void {
    if (this.#answer !== undefined) return this.answer();
    this.wire?.flush(); // nothing may be sent after a close frame (RFC 6455 §5.5.1)
    super.close(code, data);
  }
}

/** Where a socket has the `ws` socket that it carries. */
const webSocketKey: unique symbol = Symbol("ws");

/** A socket that has become a WebSocket. */
interface UpgradedSocket extends Duplex {
  [webSocketKey]?: BatchedWebSocket;
}

/** A wire over a `ws` socket: `ws` reads, pings and closes; messages are written in batches. */
export class NodeWire implements Wire, OutboundBuffer {
  readonly nextTurn: () => Promise<void> = nextTurn;
  readonly #ws: BatchedWebSocket;
  readonly #writer: FrameWriter;
  readonly #buffers: OutboundBuffers;
  readonly #events = new WireEvents();
  #listener: PacedListener | undefined;
  #earlyBytes = 0;
  #paused = false;
  #isStopped = false;
  /** Why the client was closed with 4901, which it cannot read. */
  #slowReason: string | undefined;
  #closed: Promise<void> | undefined;
  #resolveClosed: (() => void) | undefined;

  /**
   * `socket` is the one of the `upgrade` event, which carries `ws`; `buffers` bounds what waits on all wires; `deflate` makes
   * the frames if the client compresses.
   */
  constructor(ws: BatchedWebSocket, socket: Duplex, buffers: OutboundBuffers, deflate?: EncodeFrame) {
    this.#ws = ws;
    this.#writer = new FrameWriter(socket, buffers, ws.extensions === "" ? undefined : deflate);
    this.#buffers = buffers;
    buffers.add(this);
    ws.wire = this;
    (socket as UpgradedSocket)[webSocketKey] = ws;
    // A client may end its side with its close frame. First, since `ws` would end the connection without an answer.
    socket.prependListener("end", answerAtEnd);
    socket.on("data", readProgress);
    ws.on("message", onMessage);
    ws.on("pong", onPong);
    ws.on("ping", onPing);
    ws.on("close", onClose);
    // `ws` closes by itself after an error, with the right code; without a listener the error would end the process.
    ws.on("error", ignoreError);
  }

  get protocol(): string {
    return this.#ws.protocol;
  }

  get bufferedAmount(): number {
    return this.#writer.bufferedAmount;
  }

  get progress(): number {
    return this.#writer.progress;
  }

  get heldBytes(): number {
    return this.#writer.heldBytes;
  }

  get paused(): boolean {
    return this.#ws.isPaused;
  }

  get arrivals(): Wire["arrivals"] {
    return this.#events;
  }

  send(message: Message): void {
    if (this.#ws.readyState === WebSocket.OPEN) this.#writer.write(message);
  }

  drained(): Promise<void> | undefined {
    if (this.#ws.readyState !== WebSocket.CLOSING) return this.#writer.drained();
    // A message that is sent while the wire closes is dropped: the wire never drains, it only ends.
    this.#closed ??= new Promise((resolve) => (this.#resolveClosed = resolve));
    return this.#closed;
  }

  close(code: number, reason: string): void {
    if (code === CloseCode.SlowConsumer) this.#slowReason = reason;
    try {
      checkCloseCode(code);
      this.#ws.closeNow(code, cutReason(reason));
    } catch {
      this.#ws.closeNow(CloseCode.InternalError);
    }
  }

  terminate(): void {
    this.#ws.terminate();
  }

  stop(): void {
    this.#isStopped = true;
    this.#writer.stop();
    this.#ws.terminate(); // frees what waits
  }

  drop(): void {
    const reason = "all clients together read too slowly (limits.outboundBytes)";
    this.#end({ code: CloseCode.SlowConsumer, reason, wasClean: false });
  }

  listen(listener: PacedListener | undefined): void {
    this.#listener = listener;
    this.#earlyBytes = 0;
    if (listener !== undefined && !this.#paused) this.#ws.resume();
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

  /** Writes the batch. */
  flush(): void {
    this.#writer.flush();
  }

  /** A pong has arrived. */
  ponged(): void {
    this.#events.pong();
  }

  /** A ping has arrived, which `ws` has answered. */
  pinged(): void {
    this.#listener?.pinged?.();
  }

  /** Resolves when a close frame, or an invalid frame, may be answered. */
  async answerable(): Promise<void> {
    await nextTurn(); // what came before reaches its handler, which may reply at once
    const handled = this.#listener?.closing?.();
    if (handled === undefined) return;
    await handled;
    await nextTurn();
  }

  /** `ws` has ended the connection. */
  wsClosed(code: number, reason: string): void {
    this.#buffers.remove(this);
    if (this.#isStopped) return; // `drop` informs the listener
    if (code === CloseCode.Abnormal && this.#slowReason !== undefined)
      this.#end({ code: CloseCode.SlowConsumer, reason: this.#slowReason, wasClean: false });
    else this.#end({ code, reason, wasClean: code !== CloseCode.Abnormal });
  }

  #end(closed: Closed): void {
    this.#events.closed(closed);
    // After the listener knows of the end: code that waits for capacity must not send.
    this.#writer.release();
    this.#resolveClosed?.();
  }

  /** A message has arrived. */
  receive(message: Message): void {
    this.#events.message(message);
    if (this.#listener !== undefined) return;
    this.#earlyBytes += Buffer.byteLength(message);
    if (this.#events.buffered >= maxEarlyMessages || this.#earlyBytes > maxEarlyBytes) this.#ws.pause();
  }
}

// The listeners of every socket: functions of its own would stay in memory with each of them.

function answerAtEnd(this: UpgradedSocket): void {
  this[webSocketKey]?.answer();
}

function readProgress(this: UpgradedSocket, bytes: Buffer): void {
  this[webSocketKey]?.timer?.progress.read(bytes);
}

function wireOf(ws: WebSocket): NodeWire | undefined {
  return (ws as BatchedWebSocket).wire;
}

function onMessage(this: WebSocket, data: Buffer, isBinary: boolean): void {
  wireOf(this)?.receive(isBinary ? toBytes(data) : data.toString());
}

function onPong(this: WebSocket): void {
  wireOf(this)?.ponged();
}

function onPing(this: WebSocket): void {
  wireOf(this)?.pinged();
}

function onClose(this: WebSocket, code: number, reason: Buffer): void {
  const ws = this as BatchedWebSocket;
  ws.clients?.delete(ws);
  ws.timer?.stop();
  ws.wire?.wsClosed(code, reason.toString());
}

function ignoreError(): void {}

/** The same bytes as a plain array: a `Buffer` prints and compares otherwise, and its `slice` does not copy. */
function toBytes(data: Buffer): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
