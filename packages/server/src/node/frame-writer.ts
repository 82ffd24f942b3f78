import type { Duplex } from "node:stream";
import { constants, deflateRawSync } from "node:zlib";
import type { Message } from "@symbolon/protocol";
import { byteLength } from "@symbolon/protocol/internal";

/** Bytes from which a batch is written without waiting for the end of the tick. No more are joined: joining copies them. */
const batchLimit = 64 * 1024;

/** The size of a message that waits to be sent, without its frame, in bytes, estimated. */
const bytesPerMessage = 256;

/** The bytes of a frame, or Latin-1 text whose characters stand for them: Node writes text without a buffer of its own. */
type Frame = Buffer | string;

/** Bytes of a text message from which on its frame is a buffer, which the clients of a broadcast share. */
const largestText = 4_096;

/** The frame of the last message: a broadcast sends one message to many clients and builds its frame once. */
let last: { readonly message: Message; readonly frame: Frame } | undefined;

/** The last batch of several frames: a broadcast of several messages in one tick joins them once for all its clients. */
let lastBatch: { readonly frames: readonly Frame[]; readonly batch: Frame } | undefined;

function joinFrames(frames: readonly Frame[]): Frame {
  const [only] = frames;
  if (frames.length === 1 && only !== undefined) return only;
  const known = lastBatch?.frames;
  if (known?.length === frames.length && known.every((frame, at) => frame === frames[at]))
    return (lastBatch as NonNullable<typeof lastBatch>).batch;
  const isText = frames.every((frame) => typeof frame === "string");
  lastBatch = { frames, batch: isText ? frames.join("") : Buffer.concat(frames.map(toBytes)) };
  return lastBatch.batch;
}

function toBytes(frame: Frame): Buffer {
  return typeof frame === "string" ? Buffer.from(frame, "latin1") : frame;
}

/** The bytes of the last text that had to wait: the clients of a broadcast that have to wait share them. */
let lastWaiting: { readonly text: Frame; readonly bytes: Buffer } | undefined;

function waitingBytes(frame: Frame): Buffer {
  if (lastWaiting?.text !== frame) lastWaiting = { text: frame, bytes: toBytes(frame) };
  return lastWaiting.bytes;
}

/** Makes the frame of a message. */
export type EncodeFrame = (message: Message) => Frame;

/** Bytes above which a message is not compressed: compressing it would keep every other client waiting. */
const largestCompressed = 2 ** 20;

/** Whether messages are compressed (RFC 7692), and from how many bytes on: 1,024 by default. */
export type DeflateOption = boolean | { readonly threshold?: number };

/**
 * The bytes from which messages are compressed; undefined for none.
 * @throws RangeError when it is no number of bytes.
 */
export function thresholdOf(option: DeflateOption): number | undefined {
  if (option === false) return undefined;
  const { threshold = 1_024 } = option === true ? {} : option;
  if (!(Number.isInteger(threshold) && threshold >= 0))
    throw new RangeError(`perMessageDeflate.threshold is a number of bytes, 0 or more: ${threshold}`);
  return threshold;
}

/**
 * Writes messages from `threshold` bytes on as compressed frames (RFC 7692 §7.2.1), each without the context of an earlier
 * one: so all the clients of a broadcast share one frame, and no client has a compressor of its own.
 */
export function createDeflatingEncoder(threshold: number): EncodeFrame {
  let known: { readonly message: Message; readonly frame: Frame } | undefined;
  return (message) => {
    if (known !== undefined && typeof message === "string" && known.message === message) return known.frame;
    const size = byteLength(message);
    if (size < threshold || size > largestCompressed) return encodeFrame(message);
    const deflated = deflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH });
    const payload = deflated.subarray(0, -4); // the end of a flush is not sent
    const isText = typeof message === "string";
    const frame = payload.length < size ? frameBytes(payload, isText ? 0xc1 : 0xc2) : encodeFrame(message);
    known = { message, frame };
    return frame;
  };
}

/** Writes a message as one unmasked frame (RFC 6455 §5.2). */
export function encodeFrame(message: Message): Frame {
  if (typeof message !== "string") return frameBytes(message, 0x82);
  if (last?.message === message) return last.frame;
  const { length } = message;
  const isText = length < largestText && Buffer.byteLength(message) === length; // it is ASCII
  last = { message, frame: isText ? textHeader(length) + message : frameBytes(message, 0x81) };
  return last.frame;
}

/** The headers of texts of 0 to 125 bytes. */
const shortHeaders = Array.from({ length: 126 }, (_, length) => String.fromCharCode(0x81, length));

function textHeader(length: number): string {
  return shortHeaders[length] ?? String.fromCharCode(0x81, 126, length >> 8, length & 255);
}

/** A frame that begins with the byte `first`. */
function frameBytes(message: Message, first: number): Buffer {
  const payload = Buffer.byteLength(message);
  const header = payload < 126 ? 2 : payload < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + payload);
  frame[0] = first;
  if (header === 2) frame[1] = payload;
  else if (header === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(payload, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(payload), 2);
  }
  if (typeof message === "string") frame.write(message, header);
  else frame.set(message, header);
  return frame;
}

/** A socket; Node's own know how much the system has not taken yet of the write that is under way. */
type WritableSocket = Duplex & { readonly _handle?: { readonly writeQueueSize?: number } | null };

/** Counts what is written. */
interface ByteCounter {
  added(bytes: number): void;
}

/** The writers that have a batch to write at the end of this tick. */
let scheduled: FrameWriter[] = [];

function flushScheduled(): void {
  const writers = scheduled;
  scheduled = [];
  for (const writer of writers) writer.flush();
}

/** Joins the messages that a tick sends to one socket into one write. */
export class FrameWriter {
  readonly #socket: WritableSocket;
  /** Learns of the bytes of each message, those of what keeps it included. */
  readonly #counter: ByteCounter | undefined;
  readonly #encode: EncodeFrame;
  #frames: Frame[] = [];
  #bytes = 0;
  /** Messages that were written since the socket was last empty. */
  #messages = 0;
  /** The bytes of each write that has not left this process, in order. */
  readonly #writes: number[] = [];
  /** Bytes that were written and have not left this process. */
  #unfinished = 0;
  /** Bytes that have left this process. */
  #finished = 0;
  /** Whether so much waits that writers have to wait until nothing does. */
  #full = false;
  #stopped = false;
  #scheduled = false;
  #drained: Promise<void> | undefined;
  #resolveDrained: (() => void) | undefined;

  /** `socket` is the one of the `upgrade` event; `encode` makes frames for the extensions that were negotiated on it. */
  constructor(socket: WritableSocket, counter?: ByteCounter, encode: EncodeFrame = encodeFrame) {
    this.#socket = socket;
    this.#counter = counter;
    this.#encode = encode;
  }

  /** Bytes that have not left this process. */
  get bufferedAmount(): number {
    return this.#bytes + this.#socket.writableLength;
  }

  /** Changes when the system has taken something, also while one write takes long. */
  get progress(): number {
    return this.#finished - (this.#socket._handle?.writeQueueSize ?? 0);
  }

  /** The same, with what keeps them. */
  get heldBytes(): number {
    return this.bufferedAmount + bytesPerMessage * this.#messages;
  }

  /** Adds a message to this tick's batch. */
  write(message: Message): void {
    if (this.#stopped) return;
    const frame = this.#encode(message);
    if (this.#bytes + frame.length > batchLimit) this.flush();
    this.#frames.push(frame);
    this.#bytes += frame.length;
    this.#messages += 1;
    if (this.#bytes >= batchLimit) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      if (scheduled.push(this) === 1) process.nextTick(flushScheduled);
    }
    this.#counter?.added(frame.length + bytesPerMessage);
  }

  /** Drops the batch, and every later message. */
  stop(): void {
    this.#stopped = true;
    this.#frames = [];
    this.#bytes = 0;
  }

  /** Writes the batch now: a control frame that `ws` writes must not overtake it. */
  flush(): void {
    this.#scheduled = false;
    if (this.#frames.length === 0) return;
    if (this.#socket.writableLength === 0) this.#messages = this.#frames.length;
    const batch = joinFrames(this.#frames);
    this.#frames = [];
    this.#bytes = 0;
    if (!this.#socket.writable) return;
    this.#writes.push(batch.length);
    this.#unfinished += batch.length;
    if (this.#unfinished >= this.#socket.writableHighWaterMark) this.#full = true;
    // Not `drain`, which Bun does not emit on the socket of an upgrade. Text that has to wait becomes bytes: it may be a part
    // of a much larger text.
    if (this.#socket.writableLength === 0) this.#socket.write(batch, "latin1", this.#onWritten);
    else this.#socket.write(waitingBytes(batch), this.#onWritten);
  }

  /** The first of the unfinished writes has ended. */
  readonly #onWritten = (error: Error | null | undefined): void => {
    if (error || this.#socket.destroyed) return; // the end of the wire releases; Node names no error
    const bytes = this.#writes.shift() ?? 0;
    this.#unfinished -= bytes;
    this.#finished += bytes;
    if (this.#unfinished === 0) this.release();
  };

  /** Undefined while the socket has capacity; else a promise that resolves once it has drained, or at `release`. */
  drained(): Promise<void> | undefined {
    if (!this.#full) return undefined;
    this.#drained ??= new Promise((resolve) => (this.#resolveDrained = resolve));
    return this.#drained;
  }

  /** Resolves the promise of `drained`. */
  release(): void {
    this.#full = false;
    this.#drained = undefined;
    this.#resolveDrained?.();
  }
}
