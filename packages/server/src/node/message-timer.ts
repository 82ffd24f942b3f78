import type { Clock } from "../timing/clock.ts";

/** Opcodes from which on a frame is a control frame (RFC 6455 §5.5). */
const firstControlOpcode = 8;

/** The bytes of the longest header: opcode, length, 64-bit length, mask (RFC 6455 §5.2). */
const longestHeader = 14;

/**
 * Finds in the bytes of a client whether a part of a message has arrived. `ws` reads the same bytes, and reports messages
 * alone: a client that sends a part of one, and then pongs, would look like a client that waits.
 */
export class FrameProgress {
  /** How many messages and control frames between messages have arrived completely. */
  completed = 0;
  readonly #header = new DataView(new ArrayBuffer(longestHeader));
  /** Bytes of the present header that have arrived. */
  #headerBytes = 0;
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
      } else {
        this.#header.setUint8(this.#headerBytes, bytes[at] ?? 0);
        this.#headerBytes += 1;
        at += 1;
        if (this.#headerBytes < headerLength(this.#header, this.#headerBytes)) continue;
        this.#missing = payloadLength(this.#header);
      }
      if (this.#missing === 0) this.#endFrame();
    }
  }

  #endFrame(): void {
    const first = this.#header.getUint8(0);
    this.#headerBytes = 0;
    const isControl = (first & 15) >= firstControlOpcode;
    if (!isControl) this.#fragmented = first < 128;
    if (!this.#fragmented) this.completed += 1; // a control frame inside of a message does not end it
  }
}

/** The length of a header of which `arrived` bytes are known. */
function headerLength(header: DataView, arrived: number): number {
  if (arrived < 2) return 2;
  const second = header.getUint8(1);
  const short = second & 127;
  return (short === 126 ? 4 : short === 127 ? 10 : 2) + (second > 127 ? 4 : 0);
}

function payloadLength(header: DataView): number {
  const short = header.getUint8(1) & 127;
  return short === 126 ? header.getUint16(2) : short === 127 ? Number(header.getBigUint64(2)) : short;
}

/** A connection whose messages have to arrive in time. */
export interface TimedConnection {
  /** What has arrived of its frames. */
  readonly progress: FrameProgress;
  /** Whether this process has stopped reading: that time does not count. */
  readonly isPaused: () => boolean;
  /** Called once, when a message has taken longer than its time. */
  readonly onOverdue: () => void;
}

/**
 * Watches how long each message of a connection takes, from its first byte to its last, as finely as the clock is swept.
 * @returns stops watching: call it when the connection has ended.
 */
export function startMessageTimer(
  clock: Clock,
  timeout: number,
  { progress, isPaused, onOverdue }: TimedConnection,
): () => void {
  let { completed } = progress;
  let since: number | undefined;
  const stop = clock.subscribe({
    step: (now) => {
      const isAnother = progress.completed !== completed;
      completed = progress.completed;
      if (!progress.isIncomplete) since = undefined;
      else if (since === undefined || isAnother || isPaused()) since = now;
      if (since === undefined || now - since < timeout) return;
      stop();
      onOverdue();
    },
  });
  return stop;
}
