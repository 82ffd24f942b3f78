/** Records in a file: each has its length and a checksum before it, so that what was written in part is not believed. */
import { crc32 } from "node:zlib";

/** What a journal begins with: the format and its version. */
export const signature: Buffer = Buffer.from("symbolon journal 1\n");

const header = 8;

/** A record as it stands in a file. It must not be empty. */
export function encodeRecord(payload: Uint8Array): Buffer {
  const record = Buffer.allocUnsafe(header + payload.byteLength);
  record.writeUInt32LE(payload.byteLength, 0);
  record.set(payload, header);
  record.writeUInt32LE(checksum(record, payload), 4);
  return record;
}

/** What a file holds. */
export interface JournalRecords {
  /** The records that are whole, up to the first that is not. */
  readonly payloads: readonly Uint8Array[];
  /** Bytes after them. */
  readonly cut: number;
  /** Whether those bytes are something else than a record of which the end was never written. */
  readonly damaged: boolean;
}

/** Reads a journal. Throws when the file is none. */
export function decodeRecords(file: Buffer): JournalRecords {
  if (!file.subarray(0, signature.length).equals(signature))
    throw new Error("it does not begin as a journal of this version does");
  const payloads: Uint8Array[] = [];
  let at = signature.length;
  for (;;) {
    const rest = file.length - at;
    const length = rest < header ? 0 : file.readUInt32LE(at);
    const payload = file.subarray(at + header, at + header + length);
    // Blocks that a file system reserved and never wrote are zeros: no record has the length 0.
    if (length === 0) return { payloads, cut: rest, damaged: rest >= header && !zeros(file.subarray(at)) };
    if (payload.length < length) return { payloads, cut: rest, damaged: false };
    if (checksum(file.subarray(at), payload) !== file.readUInt32LE(at + 4))
      return { payloads, cut: rest, damaged: true };
    payloads.push(payload);
    at += header + length;
  }
}

/** Covers the length too: a damaged length finds no payload that fits. */
function checksum(record: Buffer, payload: Uint8Array): number {
  return crc32(payload, crc32(record.subarray(0, 4)));
}

function zeros(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}
