import { connect, type Socket } from "node:net";
import { clientFrame, opcodes } from "./client-frames.ts";

/** Where a connection goes. */
export interface Target {
  readonly port: number;
  readonly path: string;
  /** The subprotocol to offer. */
  readonly protocol?: string | undefined;
}

/** The key of RFC 6455, section 1.3, and the answer to it. */
const key = "dGhlIHNhbXBsZSBub25jZQ==";
const accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** The close with the code 1000. */
const closeFrame = clientFrame(Buffer.from([0x03, 0xe8]), opcodes.close);

/** One buffer for what all sockets read: a receiver must not keep it. */
const shared = Buffer.allocUnsafeSlow(2 ** 18);

/** A WebSocket of the load generator: a plain socket that passes on the bytes after the handshake. */
export class Connection {
  /** Receives the bytes that arrive; they are reused after the call. */
  receive: (bytes: Buffer) => void = (bytes) => {
    this.#early = Buffer.concat([this.#early, bytes]);
  };
  /** Called with the error of the connection, or when the server has ended it. */
  onEnd: (error: Error) => void = () => {};
  readonly #socket: Socket;
  #head: string | undefined = "";
  /** What arrived before `receive` was set. */
  #early: Buffer = Buffer.alloc(0);

  private constructor({ port, path, protocol }: Target, onOpen: (error?: Error) => void) {
    const offer = protocol === undefined ? "" : `Sec-WebSocket-Protocol: ${protocol}\r\n`;
    const request =
      `GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n${offer}\r\n`;
    const onread = {
      buffer: shared,
      callback: (length: number) => {
        const bytes = shared.subarray(0, length);
        if (this.#head === undefined) this.#pass(bytes);
        else this.#readHead(bytes, onOpen);
        return true;
      },
    };
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true, onread }, () =>
      this.write(Buffer.from(request)),
    );
    const fail = (error: Error): void => {
      onOpen(error);
      this.onEnd(error);
    };
    this.#socket.on("error", fail);
    this.#socket.on("end", () => fail(new Error(`the server has closed the connection to ${path}`)));
  }

  /**
   * Opens a connection.
   * @throws as a rejection: when the server refuses it.
   */
  static open(target: Target): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const connection: Connection = new Connection(target, (error) =>
        error ? reject(error) : resolve(connection),
      );
    });
  }

  /** Sets the receiver, and passes what has arrived already. */
  listen(receive: (bytes: Buffer) => void): void {
    this.receive = receive;
    const early = this.#early;
    this.#early = Buffer.alloc(0);
    if (early.length > 0) this.#pass(early);
  }

  /** Sends bytes. */
  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** Reads no more: the server's bytes fill the buffers on the way. */
  pause(): void {
    this.#socket.pause();
  }

  /** Asks the server to close, and waits until it has ended the connection. */
  close(): Promise<void> {
    const ended = new Promise<void>((resolve) => (this.onEnd = () => resolve()));
    this.receive = () => {};
    this.write(closeFrame);
    return ended;
  }

  /** Ends the connection at once; its port is free again. */
  reset(): void {
    this.onEnd = () => {};
    this.#socket.resetAndDestroy();
  }

  #pass(bytes: Buffer): void {
    try {
      this.receive(bytes);
    } catch (error) {
      this.onEnd(error as Error);
      this.reset();
    }
  }

  #readHead(bytes: Buffer, onOpen: (error?: Error) => void): void {
    const head = this.#head + bytes.toString("latin1");
    const end = head.indexOf("\r\n\r\n");
    if (end === -1) {
      this.#head = head;
      return;
    }
    this.#head = undefined;
    const accepted = head.startsWith("HTTP/1.1 101 ") && head.includes(accept);
    const rest = Buffer.from(head.slice(end + 4), "latin1");
    if (rest.length > 0) this.#pass(rest);
    onOpen(accepted ? undefined : new Error(`the server refuses: ${head.slice(0, 300)}`));
  }
}
