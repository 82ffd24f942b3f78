/** WebSocket frames as a client writes them and as a server does (RFC 6455, section 5.2). */

/** A mask of four equal bytes: a masked text can be copied to any place in a frame. */
const maskByte = 0x5a;

/** The kinds of messages. */
export const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** The kind of a message. */
export type Opcode = (typeof opcodes)[keyof typeof opcodes];

/** The bytes of a text, masked. */
export function mask(text: string | Uint8Array): Buffer {
  const bytes = Buffer.from(text as string);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = (bytes[at] ?? 0) ^ maskByte;
  return bytes;
}

/** A frame of a client, with its mask. */
export function clientFrame(payload: string | Buffer, opcode: Opcode = opcodes.text): Buffer {
  return maskedFrame(mask(payload), opcode);
}

/** A frame of a client whose payload is masked already. */
export function maskedFrame(masked: Buffer, opcode: Opcode = opcodes.text): Buffer {
  const frame = Buffer.allocUnsafe(clientHeaderBytes(masked.length) + masked.length);
  masked.copy(frame, writeClientHeader(frame, 0, masked.length, opcode));
  return frame;
}

/** A frame as a server writes it. */
export function serverFrame(payload: string | Buffer, opcode: Opcode = opcodes.text): Buffer {
  const bytes = Buffer.from(payload as string);
  const header = Buffer.allocUnsafe(10);
  const at = writeHeader(header, 0, bytes.length, opcode, 0);
  return Buffer.concat([header.subarray(0, at), bytes]);
}

/** How many bytes the header of a client's frame has. */
export function clientHeaderBytes(length: number): number {
  return (length < 126 ? 2 : length < 65_536 ? 4 : 10) + 4;
}

/** Writes the header of a client's frame. @returns where the masked payload begins. */
export function writeClientHeader(to: Buffer, start: number, length: number, opcode: Opcode): number {
  const at = writeHeader(to, start, length, opcode, 0x80);
  return to.fill(maskByte, at, at + 4) && at + 4;
}

/** Writes a number in masked digits. @returns where the next byte goes. */
export function writeMaskedNumber(to: Buffer, start: number, value: number): number {
  let digits = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits += 1;
  let rest = value;
  for (let at = start + digits - 1; at >= start; at -= 1) {
    to[at] = (48 + (rest % 10)) ^ maskByte;
    rest = Math.floor(rest / 10);
  }
  return start + digits;
}

function writeHeader(to: Buffer, start: number, length: number, opcode: Opcode, maskBit: number): number {
  to[start] = 0x80 | opcode;
  if (length < 126) {
    to[start + 1] = maskBit | length;
    return start + 2;
  }
  to[start + 1] = maskBit | (length < 65_536 ? 126 : 127);
  if (length < 65_536) return to.writeUInt16BE(length, start + 2);
  return to.writeBigUInt64BE(BigInt(length), start + 2);
}
