import { opcodes } from "./client-frames.ts";

/** Receives the payload of a message, from `start` to `end` of `bytes`, which are reused. */
export type OnMessage = (bytes: Buffer, start: number, end: number) => void;

/** Reads the frames of a server from chunks. */
export class ServerFrames {
  readonly #onMessage: OnMessage;
  /** The first bytes of a frame whose rest has not arrived. */
  #partial: Buffer | undefined;

  constructor(onMessage: OnMessage) {
    this.#onMessage = onMessage;
  }

  /**
   * Reads a chunk.
   * @throws Error for a close frame, or for a frame that is not a whole message.
   */
  receive(chunk: Buffer): void {
    const bytes = this.#partial ? Buffer.concat([this.#partial, chunk]) : chunk;
    let at = 0;
    for (;;) {
      const end = this.#readFrame(bytes, at);
      if (end === undefined) break;
      at = end;
    }
    this.#partial = at === bytes.length ? undefined : Buffer.from(bytes.subarray(at));
  }

  /** Reads the frame at `at`. @returns where it ends, or undefined when its rest has not arrived. */
  #readFrame(bytes: Buffer, at: number): number | undefined {
    if (at + 2 > bytes.length) return undefined;
    const [first = 0, short = 0] = [bytes[at], bytes[at + 1]];
    let start = at + 2;
    let length = short;
    if (short === 126) {
      if (at + 4 > bytes.length) return undefined;
      length = bytes.readUInt16BE(at + 2);
      start = at + 4;
    } else if (short === 127) {
      if (at + 10 > bytes.length) return undefined;
      length = Number(bytes.readBigUInt64BE(at + 2));
      start = at + 10;
    }
    const end = start + length;
    if (end > bytes.length) return undefined;
    const opcode = first & 0x0f;
    if (first === (0x80 | opcodes.text) || first === (0x80 | opcodes.binary))
      this.#onMessage(bytes, start, end);
    else if (opcode === opcodes.close)
      throw new Error(
        `the server closes with ${bytes.readUInt16BE(start)} ${bytes.toString("utf8", start + 2, end)}`,
      );
    else if (opcode !== opcodes.ping) throw new Error(`a frame begins with ${first}`);
    return end;
  }
}
