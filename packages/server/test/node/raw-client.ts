import { connect, type Socket } from "node:net";
import { once } from "node:events";

/** A frame as it was on the wire. */
export interface RawFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly payload: Buffer;
  /** The bytes of the whole frame. */
  readonly size: number;
}

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Reads the first frame of `bytes` (RFC 6455 §5.2); undefined when it is incomplete. */
export function parseFrame(bytes: Buffer): RawFrame | undefined {
  if (bytes.length < 2) return undefined;
  const [first = 0, second = 0] = bytes;
  const masked = second >= 128;
  const short = second & 127;
  const lengthEnd = short === 126 ? 4 : short === 127 ? 10 : 2;
  const start = lengthEnd + (masked ? 4 : 0);
  if (bytes.length < start) return undefined;
  const length =
    short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  const size = start + length;
  if (bytes.length < size) return undefined;
  const payload = Buffer.from(bytes.subarray(start, size));
  if (masked) for (let at = 0; at < length; at += 1) payload[at]! ^= bytes[lengthEnd + (at % 4)]!;
  return { fin: first >= 128, rsv: (first >> 4) & 7, opcode: first & 15, masked, payload, size };
}

/** All frames of `bytes`, which must be complete. */
export function parseFrames(bytes: Buffer): RawFrame[] {
  const frames: RawFrame[] = [];
  for (let rest = bytes; rest.length > 0;) {
    const frame = parseFrame(rest);
    if (frame === undefined) throw new Error("incomplete frame");
    frames.push(frame);
    rest = rest.subarray(frame.size);
  }
  return frames;
}

/** Makes a client's frame; a test decides what is wrong with it. */
export function rawFrame(
  opcode: number,
  payload: string | Uint8Array = "",
  { fin = true, rsv = 0, masked = true }: { fin?: boolean; rsv?: number; masked?: boolean } = {},
): Buffer {
  const body = Buffer.from(payload);
  const long = body.length >= 65_536 ? 127 : body.length >= 126 ? 126 : body.length;
  const head = Buffer.alloc(long === 127 ? 10 : long === 126 ? 4 : 2);
  head[0] = (fin ? 128 : 0) + (rsv << 4) + opcode;
  head[1] = (masked ? 128 : 0) + long;
  if (long === 126) head.writeUInt16BE(body.length, 2);
  if (long === 127) head.writeBigUInt64BE(BigInt(body.length), 2);
  const mask = Buffer.from([1, 2, 3, 4]);
  if (masked) for (let at = 0; at < body.length; at += 1) body[at]! ^= mask[at % 4]!;
  return Buffer.concat([head, ...(masked ? [mask] : []), body]);
}

/** The payload of a close frame. */
export function closePayload(code: number, reason: string | Uint8Array = ""): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]);
}

/** The text of a handshake; a header that is undefined is left out. */
export function handshake(
  path: string,
  headers: Readonly<Record<string, string | undefined>> = {},
  method = "GET",
): string {
  const all = {
    Host: "localhost",
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}\r\n`],
  );
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** The head of an HTTP response. */
export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly headers: Headers;
}

/** A TCP connection that sends the bytes it is given. Destroyed when its scope ends. */
export class RawClient implements Disposable {
  readonly socket: Socket;
  /** Resolves when the connection is closed, by either end or broken. */
  readonly closed: Promise<unknown>;
  #bytes = Buffer.alloc(0);
  #reading = false;
  #ended = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => socket.once("close", resolve));
    socket.once("end", () => this.#finish());
    socket.once("close", () => this.#finish());
  }

  write(...data: (string | Uint8Array)[]): void {
    this.socket.write(Buffer.concat(data.map((one) => Buffer.from(one))));
  }

  /** Sends a handshake, and `glued` in the same write. Resolves with the head of the response. */
  async open(
    path: string,
    headers: Readonly<Record<string, string>> = {},
    ...glued: Uint8Array[]
  ): Promise<ResponseHead> {
    this.write(handshake(path, headers), ...glued);
    return this.response();
  }

  /** The head of the next response; the bytes after it are still to be read. */
  response(): Promise<ResponseHead> {
    return this.#read((bytes) => {
      const end = bytes.indexOf("\r\n\r\n");
      if (end < 0) return undefined;
      const [line = "", ...rest] = bytes.subarray(0, end).toString("latin1").split("\r\n");
      const [, status, ...reason] = line.split(" ");
      const headers = new Headers(rest.map((one) => one.split(/: (.*)/s, 2) as [string, string]));
      return [{ status: Number(status), reason: reason.join(" "), headers }, end + 4];
    });
  }

  /** The next `size` bytes. */
  read(size: number): Promise<Buffer> {
    return this.#read((bytes) => (bytes.length < size ? undefined : [bytes.subarray(0, size), size]));
  }

  /** The next frame. */
  frame(): Promise<RawFrame> {
    return this.#read((bytes) => {
      const frame = parseFrame(bytes);
      return frame && [frame, frame.size];
    });
  }

  /** The text of the next frame. */
  async text(): Promise<string> {
    return (await this.frame()).payload.toString();
  }

  /** The code and reason of the next frame, which must be a close frame. */
  async closeFrame(): Promise<[code: number, reason: string]> {
    const { opcode, payload } = await this.frame();
    if (opcode !== opcodes.close) throw new Error(`expected a close frame, got opcode ${opcode}`);
    return [payload.readUInt16BE(0), payload.subarray(2).toString()];
  }

  /** All bytes that arrive before the server ends the connection. */
  async rest(): Promise<Buffer> {
    this.#startReading();
    while (!this.#ended) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#bytes;
  }

  /** Ends the connection by RST, as a broken network does. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  async #read<Value>(find: (bytes: Buffer) => [found: Value, size: number] | undefined): Promise<Value> {
    this.#startReading();
    for (;;) {
      const found = find(this.#bytes);
      if (found !== undefined) {
        this.#bytes = this.#bytes.subarray(found[1]);
        return found[0];
      }
      if (this.#ended)
        throw new Error(`the connection ended; unread: ${JSON.stringify(this.#bytes.toString("latin1"))}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #startReading(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.socket.on("data", (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake();
    });
  }

  #finish(): void {
    this.#ended = true;
    this.#wake();
  }
}

/** Connects to a port of this machine. It reads nothing before the test asks for it. */
export async function connectRawClient(port: number): Promise<RawClient> {
  const socket = connect(port, "localhost");
  const client = new RawClient(socket);
  await once(socket, "connect");
  return client;
}
