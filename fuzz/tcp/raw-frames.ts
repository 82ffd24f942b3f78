import type { SeededRandom } from "../../sim/virtual/seeded-random.ts";
import { garbage, validFrame } from "../memory/frames.ts";

/** The parts of a WebSocket frame (RFC 6455 §5.2). */
export interface RawFrame {
  readonly payload?: string | Uint8Array;
  /** @default 1, a text message */
  readonly opcode?: number;
  /** @default true */
  readonly fin?: boolean;
  /** Three bits. @default 0 */
  readonly rsv?: number;
  /** @default true */
  readonly masked?: boolean;
  /** The length that the header names. @default that of the payload */
  readonly length?: bigint;
}

/** The frame as bytes. */
export function rawFrame({
  payload = "",
  opcode = 1,
  fin = true,
  rsv = 0,
  masked = true,
  length,
}: RawFrame): Buffer {
  const data = Buffer.from(payload);
  const size = length ?? BigInt(data.length);
  const extended = size < 126n ? 0 : size < 65_536n ? 2 : 8;
  const header = Buffer.alloc(2 + extended + (masked ? 4 : 0)); // a mask of zeros changes nothing
  header[0] = (fin ? 128 : 0) | (rsv << 4) | opcode;
  header[1] = (masked ? 128 : 0) | (extended === 0 ? Number(size) : extended === 2 ? 126 : 127);
  if (extended === 2) header.writeUInt16BE(Number(size), 2);
  if (extended === 8) header.writeBigUInt64BE(size, 2);
  return Buffer.concat([header, data]);
}

/** A frame of any kind, mostly a correct one. */
export function drawFrame(random: SeededRandom, client: { nextId(): number }): Buffer {
  if (random.chance(0.5)) return rawFrame({ payload: JSON.stringify(validFrame(random, client)) });
  return random.pick<() => Buffer>([
    () => rawFrame({ payload: String(garbage(random)) }),
    () => rawFrame({ payload: Uint8Array.of(0xff, 0xfe, 0x80) }), // no UTF-8
    () => rawFrame({ opcode: 2, payload: String(garbage(random)) }),
    () => rawFrame({ opcode: random.integer(0, 15), payload: "x" }),
    () => rawFrame({ fin: false, payload: '{"t":' }),
    () => rawFrame({ opcode: 0, payload: '"ping","n":1}' }),
    () => rawFrame({ opcode: 0, fin: false, payload: "" }),
    () => rawFrame({ rsv: random.integer(1, 7), payload: "x" }),
    () => rawFrame({ masked: false, payload: "x" }),
    () => rawFrame({ opcode: 9, payload: "p".repeat(random.pick([0, 125, 126])) }),
    () => rawFrame({ opcode: 10, payload: "p" }),
    () => rawFrame({ opcode: 9, fin: false, payload: "p" }),
    () => rawFrame({ opcode: 8, payload: Uint8Array.of(3, random.pick([231, 232, 233, 237, 238])) }),
    () => rawFrame({ opcode: 8, payload: Uint8Array.of(3) }),
    () => rawFrame({ opcode: 8, payload: Uint8Array.of(3, 232, 0xff, 0xfe) }),
    () =>
      rawFrame({
        length: random.pick([70_000n, 2n ** 31n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]),
        payload: "x",
      }),
    () => rawFrame({ payload: "x".repeat(random.pick([125, 126, 65_535, 65_536, 65_537])) }),
    () =>
      Buffer.concat(
        Array.from({ length: random.pick([10, 2_000]) }, () => rawFrame({ opcode: 0, fin: false })),
      ),
    () => Buffer.from(Array.from({ length: random.integer(1, 30) }, () => random.integer(0, 255))),
  ])();
}

/** A handshake of any kind, mostly a correct one. */
export function drawHandshake(random: SeededRandom, port: number): string {
  const path = random.pick([
    "/open/a",
    "/open/a",
    "/signed/a",
    "/echo",
    "/slow",
    "/feed",
    "/refuse",
    "/unknown",
  ]);
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: localhost:${port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...random.pick([[], ["Sec-WebSocket-Protocol: symbolon.v1.json"], ["Sec-WebSocket-Protocol: x, y"]]),
  ];
  if (random.chance(0.3)) {
    const at = random.integer(0, lines.length - 1);
    lines[at] = random.pick([
      "",
      "POST / HTTP/1.1",
      `GET http://localhost:${port}/open/a HTTP/1.1`,
      "GET //open/a HTTP/1.1",
      "GET /open/a HTTP/1.0",
      "Host: evil.com",
      "Upgrade: h2c",
      "Sec-WebSocket-Version: 8",
      "Sec-WebSocket-Key: short",
      "Sec-WebSocket-Protocol: symbolon.v1.json, symbolon.v1.json",
      "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99",
      "Sec-WebSocket-Extensions: constructor",
      "Origin: http://evil.com",
      "Origin: null",
      "Content-Length: 5",
      "Transfer-Encoding: chunked",
      `Cookie: ${"c".repeat(20_000)}`,
      ":",
      "\u0000",
    ]);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}
