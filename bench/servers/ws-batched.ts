/** A server on `ws` by a careful hand: frames are joined and written once per tick, and a broadcast is framed once. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { serveBench } from "./control.ts";

const http = createServer();
const server = new WebSocketServer({ noServer: true });
const room = new Set<FrameWriter>();

/** Joins the frames of a tick into one write to the socket below `ws`. */
class FrameWriter {
  readonly #stream: Duplex;
  #frames: Buffer[] = [];

  constructor(stream: Duplex) {
    this.#stream = stream;
  }

  write(frame: Buffer): void {
    if (this.#frames.push(frame) === 1) process.nextTick(() => this.#flush());
  }

  #flush(): void {
    const [first] = this.#frames;
    const bytes = this.#frames.length === 1 ? (first as Buffer) : Buffer.concat(this.#frames);
    this.#frames = [];
    if (this.#stream.writable) this.#stream.write(bytes);
  }
}

function frameOf(data: Buffer, opcode: number): Buffer {
  const { length } = data;
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = 0x80 | opcode;
  frame[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (header === 4) frame.writeUInt16BE(length, 2);
  else if (header === 10) frame.writeBigUInt64BE(BigInt(length), 2);
  data.copy(frame, header);
  return frame;
}

function textFrame(text: string): Buffer {
  return frameOf(Buffer.from(text), 1);
}

function serve(socket: WebSocket, writer: FrameWriter, url: string): void {
  const toText = (data: Buffer): Buffer => textFrame(JSON.stringify(JSON.parse(data.toString())));
  if (url === "/room") {
    room.add(writer);
    socket.on("close", () => room.delete(writer));
    socket.on("message", (data: Buffer) => {
      const frame = toText(data);
      for (const member of room) member.write(frame);
    });
  } else if (url === "/json") socket.on("message", (data: Buffer) => writer.write(toText(data)));
  else socket.on("message", (data: Buffer, isBinary) => writer.write(frameOf(data, isBinary ? 2 : 1)));
}

http.on("upgrade", (request, stream, head) => {
  server.handleUpgrade(request, stream, head, (socket) =>
    serve(socket, new FrameWriter(stream), request.url ?? ""),
  );
});
http.listen(0, "127.0.0.1", () => serveBench((http.address() as AddressInfo).port));
