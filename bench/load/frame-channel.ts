import { mask, maskedFrame } from "./client-frames.ts";
import type { Connection } from "./connection.ts";
import type { Channel } from "./message-echo.ts";
import { ServerFrames } from "./server-frames.ts";

const brace = mask("{");

/** Sends each message as a frame, and acknowledges nothing. */
export class FrameChannel implements Channel {
  onMessage: (bytes: Buffer, start: number, end: number) => void = () => {};
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
    const frames = new ServerFrames((bytes, start, end) => this.onMessage(bytes, start + 1, end));
    connection.listen((bytes) => frames.receive(bytes));
  }

  send(messages: readonly Buffer[]): void {
    this.#connection.write(
      Buffer.concat(messages.map((message) => maskedFrame(Buffer.concat([brace, message])))),
    );
  }

  acknowledge(): void {}

  stop(): void {
    this.#connection.reset();
  }
}
