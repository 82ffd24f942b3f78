import { randomBytes } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";

/** Creates a PNG file of this size in pixels. Its colors are random, so compression makes it hardly smaller. */
export function createPng(width: number, height: number): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]); // RGB with 8 bits per color
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const rows = Array.from({ length: height }, () => Buffer.concat([Buffer.of(0), randomBytes(width * 3)]));
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    createChunk("IHDR", header),
    createChunk("IDAT", deflateSync(Buffer.concat(rows))),
    createChunk("IEND", Buffer.alloc(0)),
  ]);
}

/** Creates a chunk as in RFC 2083 §3.2. */
function createChunk(type: string, data: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  const checksum = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, checksum]);
}
