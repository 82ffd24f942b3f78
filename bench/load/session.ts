/** A session of symbolon, written by hand from PROTOCOL.md. */
import { randomBytes } from "node:crypto";
import {
  clientFrame,
  clientHeaderBytes,
  mask,
  opcodes,
  writeClientHeader,
  writeMaskedNumber,
} from "./client-frames.ts";
import type { Connection } from "./connection.ts";
import type { Channel } from "./message-echo.ts";
import { ServerFrames } from "./server-frames.ts";

/** Where a client is in a room: its name, its history, an offset, the first offset, and the proof of them. */
export type Position = readonly [room: string, ep: string, off: number, from: number, proof: string];

/** What resumes a session. */
export interface Resume {
  readonly sid: string;
  readonly rt: string;
  readonly ep: string;
}

const [sequenceStart, sequenceEnd] = [mask('{"s":'), mask(",")];
const [ackStart, ackEnd] = [mask('"a":'), mask(",")];
const ping = Buffer.from('{"t":"ping"');
/** The most bytes that a sequence and an acknowledgement add to a frame. */
const stampBytes = 64;
const digits = { zero: 48, nine: 57 };

/** The session of one client: numbers what it sends, checks the numbers of what arrives, and acknowledges. */
export class Session implements Channel {
  /** What resumes it; set by `open`. */
  resume: Resume | undefined;
  /** Called with each frame, without the brace that begins it and without its stamp. */
  onMessage: (bytes: Buffer, start: number, end: number) => void = () => {};
  readonly #key = randomBytes(32).toString("base64url");
  readonly #cid = randomBytes(9).toString("base64url");
  #connection: Connection | undefined;
  #attempt = 0;
  #sent = 0;
  #received = 0;
  #acknowledged = 0;

  /** Sends `hello` on a new wire, and waits for `welcome`. `rooms` is where the client is in its rooms. */
  open(connection: Connection, rooms?: readonly Position[]): Promise<void> {
    this.#connection = connection;
    this.#attempt += 1;
    const resume = this.resume && { ...this.resume, rx: this.#received, tx0: this.#sent + 1 };
    const hello = {
      t: "hello",
      v: 1,
      cid: this.#cid,
      key: this.#key,
      att: this.#attempt,
      w: 256,
      wb: 2 ** 20,
      ...(resume && { resume }),
      ...(rooms && { rooms }),
    };
    return new Promise((resolve, reject) => {
      connection.onEnd = reject;
      let isOpen = false;
      const frames = new ServerFrames((bytes, start, end) => {
        if (isOpen) return this.#message(bytes, start, end);
        const welcome = JSON.parse(bytes.toString("utf8", start, end)) as Resume & {
          t: string;
          state: string;
        };
        const state = resume ? "resumed" : "new";
        if (welcome.t !== "welcome" || welcome.state !== state)
          throw new Error(`expected a welcome as ${state}: ${JSON.stringify(welcome)}`);
        const { sid, rt, ep } = welcome;
        this.resume = { sid, rt, ep };
        isOpen = true;
        resolve();
      });
      connection.listen((bytes) => frames.receive(bytes));
      connection.write(clientFrame(JSON.stringify(hello)));
    });
  }

  /** Sends frames that are masked, without the brace that begins them. The first carries an acknowledgement. */
  send(frames: readonly Buffer[]): void {
    const most = frames.reduce((sum, { length }) => sum + length + stampBytes, 0);
    const bytes = Buffer.allocUnsafe(most);
    let at = 0;
    for (const frame of frames) at = this.#write(bytes, at, frame);
    this.#connection?.write(bytes.subarray(0, at));
  }

  /** Acknowledges what has arrived. */
  acknowledge(): void {
    if (this.#received === this.#acknowledged) return;
    this.#acknowledged = this.#received;
    this.#connection?.write(clientFrame(`{"t":"ack","a":${this.#received}}`));
  }

  stop(): void {
    this.#connection?.reset();
  }

  #write(to: Buffer, start: number, frame: Buffer): number {
    this.#sent += 1;
    const isAcknowledging = this.#received > this.#acknowledged;
    this.#acknowledged = this.#received;
    const length =
      sequenceStart.length +
      digitsOf(this.#sent) +
      sequenceEnd.length +
      frame.length +
      (isAcknowledging ? ackStart.length + digitsOf(this.#received) + ackEnd.length : 0);
    let at = writeClientHeader(to, start, length, opcodes.text);
    if (at - start !== clientHeaderBytes(length)) throw new Error("a header has another length");
    at += sequenceStart.copy(to, at);
    at = writeMaskedNumber(to, at, this.#sent);
    at += sequenceEnd.copy(to, at);
    if (isAcknowledging) {
      at += ackStart.copy(to, at);
      at = writeMaskedNumber(to, at, this.#received);
      at += ackEnd.copy(to, at);
    }
    return at + frame.copy(to, at);
  }

  #message(bytes: Buffer, start: number, end: number): void {
    // Not "s": a frame without a sequence.
    if (bytes[start + 2] !== 0x73) {
      if (bytes.compare(ping, 0, ping.length, start, start + ping.length) !== 0)
        this.onMessage(bytes, start + 1, end);
      else
        this.#connection?.write(
          clientFrame(`{"t":"pong"${bytes.toString("utf8", start + ping.length, end)}`),
        );
      return;
    }
    let at = start + sequenceStart.length;
    const sequence = readNumber(bytes, at);
    if (sequence !== this.#received + 1)
      throw new Error(`received ${bytes.toString("utf8", start, end)} after ${this.#received}`);
    this.#received = sequence;
    at += digitsOf(sequence) + 1;
    if (bytes[at + 1] === 0x61 && bytes[at + 2] === 0x22) at = bytes.indexOf(0x2c, at) + 1; // "a" and its comma
    this.onMessage(bytes, at, end);
  }
}

function digitsOf(value: number): number {
  let count = 1;
  for (let bound = 10; value >= bound; bound *= 10) count += 1;
  return count;
}

function readNumber(bytes: Buffer, start: number): number {
  let value = 0;
  for (let at = start; ; at += 1) {
    const digit = bytes[at] ?? 0;
    if (digit < digits.zero || digit > digits.nine) return value;
    value = value * 10 + digit - digits.zero;
  }
}

/** Whether a frame is `"t":"ack"` or `"t":"room"`: what a client receives besides messages here. */
export function isConnectionFrame(bytes: Buffer, start: number): boolean {
  const first = bytes[start + 5];
  return first === 0x61 || (first === 0x72 && bytes[start + 8] === 0x6d);
}
