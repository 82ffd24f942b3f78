/** Records in a file: a length and a checksum precede each payload, so that a reader detects a record that is not whole. */
import { crc32 } from "node:zlib";

/** The version of the format. It changes with the framing here, and with the entries of `journal-entries.ts`. */
const version = 3;

/** The first bytes of a journal: the format and its version. */
export const signature: Buffer = Buffer.from(`symbolon journal ${version}\n`);

/** The bytes before a payload: its length, and a checksum of both; unsigned 32-bit integers, little-endian. */
const headerBytes = 8;

/** Encodes a record. The payload MUST NOT be empty. */
export function encodeRecord(payload: Uint8Array): Buffer {
  const record = Buffer.allocUnsafe(headerBytes + payload.byteLength);
  record.writeUInt32LE(payload.byteLength, 0);
  record.set(payload, headerBytes);
  record.writeUInt32LE(checksum(record, payload), 4);
  return record;
}

/** The records of a file. */
export interface JournalRecords {
  /** The payloads of all records before the first that is not whole. */
  readonly payloads: readonly Uint8Array[];
  /** The bytes after those records. */
  readonly droppedBytes: number;
  /** False when the dropped bytes are the beginning of a record whose end was never written; true for anything else. */
  readonly damaged: boolean;
}

/**
 * Decodes the records of a file.
 *
 * @throws Error when the file is not a journal of this version.
 */
export function decodeRecords(file: Buffer): JournalRecords {
  checkSignature(file);
  const payloads: Uint8Array[] = [];
  let at = signature.length;
  for (;;) {
    const rest = file.subarray(at);
    const length = rest.length < headerBytes ? 0 : rest.readUInt32LE(0);
    const payload = rest.subarray(headerBytes, headerBytes + length);
    // A file system may reserve blocks and never write them: they are zeros, and no record has the length 0.
    if (length === 0) {
      const damaged = rest.length >= headerBytes && !isAllZero(rest);
      return { payloads, droppedBytes: rest.length, damaged };
    }
    if (payload.length < length) return { payloads, droppedBytes: rest.length, damaged: false };
    if (checksum(rest, payload) !== rest.readUInt32LE(4))
      return { payloads, droppedBytes: rest.length, damaged: true };
    payloads.push(payload);
    at += headerBytes + length;
  }
}

function checkSignature(file: Buffer): void {
  if (file.subarray(0, signature.length).equals(signature)) return;
  const [, found] = /^symbolon journal (\d+)\n/.exec(file.toString("latin1", 0, 64)) ?? [];
  if (found === undefined) throw new Error("it does not begin with the signature of a journal");
  throw new Error(`it is a journal of version ${found}, and this release reads version ${version} alone`);
}

/** Covers the length too: with a damaged length no payload matches. */
function checksum(record: Buffer, payload: Uint8Array): number {
  return crc32(payload, crc32(record.subarray(0, 4)));
}

function isAllZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}
