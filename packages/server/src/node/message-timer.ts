import { CloseCode } from "@symbolon/protocol";
import type { Clock, ClockSubscriber } from "../timing/clock.ts";

/** Opcodes from which on a frame is a control frame (RFC 6455 §5.5). */
const firstControlOpcode = 8;

/** Bytes of a masked header whose length is below 126. */
const shortHeader = 6;

/**
 * Finds in the bytes of a client whether a part of a message has arrived. `ws` reads the same bytes, and reports messages
 * alone: a client that sends a part of one, and then pongs, would look like a client that waits.
 */
export class FrameProgress {
  /** How many messages and control frames between messages have arrived completely. */
  completed = 0;
  /** Bytes of the present header that have arrived. */
  #headerBytes = 0;
  /** Bytes that the present header has, as far as is known. */
  #headerLength = 2;
  /** The first byte of the present header. */
  #first = 0;
  /** Bytes of the present header in which its length is, after the second. */
  #lengthBytes = 0;
  /** Bytes of the present payload, as far as its header has arrived. */
  #length = 0;
  /** Bytes of the present payload that have not arrived. */
  #missing = 0;
  /** Whether a message waits for its next fragment. */
  #fragmented = false;

  /** Whether a part of a message, or of a frame, has arrived. */
  get isIncomplete(): boolean {
    return this.#fragmented || this.#headerBytes > 0;
  }

  /** Reads bytes in the order in which they arrive. */
  read(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#missing > 0) {
        const read = Math.min(this.#missing, bytes.length - at);
        this.#missing -= read;
        at += read;
      } else if (this.#headerBytes === 0 && this.#isShortFrame(bytes, at)) {
        this.#first = bytes[at] ?? 0;
        at += shortHeader + ((bytes[at + 1] ?? 0) & 127);
        this.#endFrame();
      } else {
        this.#readHeader(bytes[at] ?? 0);
        at += 1;
      }
      if (this.#missing === 0 && this.#headerBytes >= this.#headerLength) this.#endFrame();
    }
  }

  /** Whether a whole masked frame of at most 125 bytes begins here, as most frames are: it needs no second look. */
  #isShortFrame(bytes: Uint8Array, at: number): boolean {
    const second = bytes[at + 1] ?? 0;
    const length = second & 127;
    return second >= 128 && length < 126 && at + shortHeader + length <= bytes.length;
  }

  /** Reads a byte of a header: opcode, length, 64-bit length, mask (RFC 6455 §5.2). */
  #readHeader(byte: number): void {
    const at = this.#headerBytes;
    this.#headerBytes += 1;
    if (at === 0) {
      this.#first = byte;
      this.#headerLength = 2;
    } else if (at === 1) {
      const short = byte & 127;
      this.#lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
      this.#headerLength = 2 + this.#lengthBytes + (byte > 127 ? 4 : 0);
      this.#length = this.#lengthBytes === 0 ? short : 0;
    } else if (at < 2 + this.#lengthBytes) this.#length = 256 * this.#length + byte;
    if (this.#headerBytes === this.#headerLength) this.#missing = this.#length;
  }

  #endFrame(): void {
    this.#headerBytes = 0;
    const isControl = (this.#first & 15) >= firstControlOpcode;
    if (!isControl) this.#fragmented = this.#first < 128;
    if (!this.#fragmented) this.completed += 1; // a control frame inside of a message does not end it
  }
}

/** A connection whose messages have to arrive in time. */
export interface TimedConnection {
  /** Whether this process has stopped reading: that time does not count. */
  readonly isPaused: boolean;
  /** Closes it. */
  closeNow(code: number, reason: string): void;
}

/** Closes a connection when a message takes too long, from its first byte to its last, as finely as the clock is swept. */
export class MessageTimer implements ClockSubscriber {
  /** What has arrived of the connection's frames. */
  readonly progress: FrameProgress = new FrameProgress();
  readonly #clock: Clock;
  readonly #timeout: number;
  readonly #connection: TimedConnection;
  #completed = 0;
  /** When the message began of which a part has arrived. */
  #since: number | undefined;

  /** It runs until `stop`. `timeout` is in ms. */
  constructor(clock: Clock, timeout: number, connection: TimedConnection) {
    this.#clock = clock;
    this.#timeout = timeout;
    this.#connection = connection;
    clock.subscribe(this);
  }

  /** Stops watching: call it when the connection has ended. */
  stop(): void {
    this.#clock.unsubscribe(this);
  }

  step(now: number): void {
    const isAnother = this.progress.completed !== this.#completed;
    this.#completed = this.progress.completed;
    if (!this.progress.isIncomplete) this.#since = undefined;
    else if (this.#since === undefined || isAnother || this.#connection.isPaused) this.#since = now;
    if (this.#since === undefined || now - this.#since < this.#timeout) return;
    this.stop();
    this.#connection.closeNow(CloseCode.PolicyViolation, `message incomplete after ${this.#timeout} ms`);
  }
}
