/**
 * Records in a file. A reader skips what is damaged, finds the records that follow, and knows which sessions and rooms the
 * missing ones were about.
 *
 * A file begins with the signature, three times its marker, and two confirmations: each has the number of records that were
 * appended at some time, so that a reader detects an end that was cut off. A record is the marker, the length of its body, a
 * checksum, and the body: the number of the record, the subjects of the records before it, and the payload. The marker is
 * random: no client can send bytes that look like a record.
 */
import { crc32 } from "node:zlib";

/** The version of the format. It changes with the framing here, and with the entries of `journal-entries.ts`. */
const version = 3;

/** The first bytes of a journal: the format and its version. */
const signature: Buffer = Buffer.from(`symbolon journal ${version}\n`);

/** The payload of a record, and what it is about. */
export interface JournalRecord {
  /** MUST NOT be empty. */
  readonly payload: Uint8Array;
  /** Each session and room that the payload changes, as a hash of 32 bits. */
  readonly subjects: readonly number[];
}

/** The subjects of a record; undefined when they are too many to be named. */
type Subjects = readonly number[] | undefined;

const markerBytes = 8;
/** A number of records, as a float of 64 bits, and a checksum. */
const confirmationBytes = 12;
const confirmationsAt = signature.length + 3 * markerBytes;
const fileHeaderBytes = confirmationsAt + 2 * confirmationBytes;
/** The bytes before a body: the marker, the length of the body, and a checksum. */
const recordHeaderBytes = markerBytes + 8;
/** A record names the subjects of so many records before it, each of at most `maxSubjects`. */
const rememberedRecords = 4;
const maxSubjects = 64;
/** How far from its beginning a damaged file is searched for its header, in bytes. */
const searchedBytes = 4_096;
/** Takes the place of the number of subjects when they are not named. */
const unnamed = 0xff_ff_ff_ff;

/** Encodes a file, record after record. */
export class RecordEncoder {
  readonly #marker = Buffer.from(crypto.getRandomValues(new Uint8Array(markerBytes)));
  #count = 0;
  #confirmations = 0;
  /** The subjects of the last records, the newest first. */
  #recent: readonly Subjects[] = [];

  /** The bytes before the first record. */
  fileHeader(): Buffer {
    const markers = [this.#marker, this.#marker, this.#marker];
    return Buffer.concat([signature, ...markers, Buffer.alloc(2 * confirmationBytes)]);
  }

  /** Encodes the next record. */
  encode({ payload, subjects }: JournalRecord): Buffer {
    const before = this.#recent.flatMap((hashes) => (hashes ? [hashes.length, ...hashes] : [unnamed]));
    const bodyBytes = 9 + 4 * before.length + payload.byteLength;
    const record = Buffer.allocUnsafe(recordHeaderBytes + bodyBytes);
    this.#marker.copy(record);
    record.writeUInt32LE(bodyBytes, markerBytes);
    let at = record.writeDoubleLE(this.#count, recordHeaderBytes);
    at = record.writeUInt8(this.#recent.length, at);
    for (const number of before) at = record.writeUInt32LE(number, at);
    record.set(payload, at);
    record.writeUInt32LE(recordChecksum(record), markerBytes + 4);
    const named = subjects.length > maxSubjects ? undefined : subjects;
    this.#count += 1;
    this.#recent = [named, ...this.#recent].slice(0, rememberedRecords);
    return record;
  }

  /** Returns a function that takes back the records which are encoded from now on. */
  checkpoint(): () => void {
    const [count, recent] = [this.#count, this.#recent];
    return () => {
      this.#count = count;
      this.#recent = recent;
    };
  }

  /** Confirms that the file has all encoded records: the bytes, and where they belong. */
  confirm(): { readonly bytes: Buffer; readonly position: number } {
    const bytes = Buffer.alloc(confirmationBytes);
    bytes.writeDoubleLE(this.#count, 0);
    bytes.writeUInt32LE(confirmationChecksum(bytes, this.#marker), 8);
    this.#confirmations += 1; // the two alternate: while one is being written, the other is whole
    return { bytes, position: confirmationsAt + (this.#confirmations % 2) * confirmationBytes };
  }
}

/** The records of a file. */
export interface JournalRecords {
  /** The payloads of the records that are whole, in order. */
  readonly payloads: readonly Uint8Array[];
  /** The subjects of the records that are missing; undefined when it is unknown what the file had. */
  readonly lost: ReadonlySet<number> | undefined;
  /** The bytes that are in none of those records. */
  readonly droppedBytes: number;
  /** False when nothing is wrong, or only the end of the last record was never written. */
  readonly damaged: boolean;
}

interface DecodedRecord {
  /** From its first byte on, and where it ends. */
  readonly at: number;
  readonly end: number;
  readonly number: number;
  /** The subjects of the records before it, the newest first. */
  readonly before: readonly Subjects[];
  readonly payload: Uint8Array;
}

/**
 * Decodes the records of a file.
 *
 * @throws Error when the file is not a journal of this version.
 */
export function decodeRecords(file: Buffer): JournalRecords {
  const header = findHeader(file);
  if (header === undefined) {
    checkSignature(file);
    return { payloads: [], lost: undefined, droppedBytes: file.length, damaged: true };
  }
  const { marker, markerAt, found } = header;
  const { records, lost } = inOrder(found);
  const tail = file.subarray(found.at(-1)?.end);
  const confirmed = readConfirmed(file.subarray(markerAt + 3 * markerBytes), marker);
  const isWhole = confirmed !== undefined && confirmed <= records.length + lost.missing;
  const starts = [fileHeaderBytes, ...found.map(({ end }) => end)];
  const undamaged =
    isWhole &&
    lost.missing === 0 &&
    found.every(({ at, number }, index) => at === starts[index] && number === index) &&
    isUnfinished(tail, marker) &&
    file.subarray(0, confirmationsAt).equals(Buffer.concat([signature, marker, marker, marker]));
  const recordBytes = records.reduce((bytes, { at, end }) => bytes + end - at, 0);
  return {
    payloads: records.map(({ payload }) => payload),
    lost: isWhole ? lost.subjects : undefined,
    droppedBytes: Math.max(0, file.length - fileHeaderBytes - recordBytes),
    damaged: !undamaged,
  };
}

/** Every record that is whole, wherever it is. */
function findRecords(file: Buffer, marker: Buffer): DecodedRecord[] {
  const records: DecodedRecord[] = [];
  for (let at = file.indexOf(marker); at >= 0;) {
    const record = recordAt(file, at);
    if (record !== undefined) records.push(record);
    at = file.indexOf(marker, record?.end ?? at + 1);
  }
  return records;
}

function recordAt(file: Buffer, at: number): DecodedRecord | undefined {
  if (file.length - at < recordHeaderBytes) return undefined;
  const bodyBytes = file.readUInt32LE(at + markerBytes);
  const end = at + recordHeaderBytes + bodyBytes;
  if (end > file.length || bodyBytes < 9) return undefined;
  const record = file.subarray(at, end);
  if (recordChecksum(record) !== record.readUInt32LE(markerBytes + 4)) return undefined;
  let read = recordHeaderBytes + 8;
  const before: Subjects[] = [];
  for (let remaining = record.readUInt8(read++); remaining > 0; remaining -= 1) {
    const count = record.readUInt32LE(read);
    const named = count === unnamed ? 0 : count;
    const hashes = Array.from({ length: named }, (_, index) => record.readUInt32LE(read + 4 + 4 * index));
    before.push(count === unnamed ? undefined : hashes);
    read += 4 + 4 * named;
  }
  return { at, end, number: record.readDoubleLE(recordHeaderBytes), before, payload: record.subarray(read) };
}

/** The records by their numbers, each once, and what is missing between them. */
function inOrder(found: readonly DecodedRecord[]) {
  const byNumber = new Map(found.map((record) => [record.number, record]));
  const records = [...byNumber.values()].sort((one, other) => one.number - other.number);
  const subjects = new Set<number>();
  let [next, missing, unknown] = [0, 0, false];
  for (const { number, before } of records) {
    missing += number - next;
    const named = before.slice(0, number - next);
    unknown ||= named.length < number - next || named.includes(undefined);
    for (const hash of named.flatMap((hashes) => hashes ?? [])) subjects.add(hash);
    next = number + 1;
  }
  return { records, lost: { missing, subjects: unknown ? undefined : subjects } };
}

/** The most records that the file had for certain; undefined when no confirmation is whole. */
function readConfirmed(confirmations: Buffer, marker: Buffer): number | undefined {
  const counts = [0, confirmationBytes].flatMap((at) => {
    const bytes = confirmations.subarray(at, at + confirmationBytes);
    const isValid =
      bytes.length === confirmationBytes && confirmationChecksum(bytes, marker) === bytes.readUInt32LE(8);
    return isValid ? bytes.readDoubleLE(0) : [];
  });
  return counts.length === 0 ? undefined : Math.max(...counts);
}

/** Whether these bytes are the beginning of a record whose end was never written, or nothing. */
function isUnfinished(tail: Buffer, marker: Buffer): boolean {
  // A file system may reserve blocks and never write them: they are zeros.
  if (tail.every((byte) => byte === 0)) return true;
  const begin = tail.subarray(0, markerBytes);
  if (!begin.equals(marker.subarray(0, begin.length))) return false;
  return tail.length < recordHeaderBytes || tail.length < recordHeaderBytes + tail.readUInt32LE(markerBytes);
}

/** Finds the marker, which the file begins with three times: one of them, or the bytes before, may be damaged. */
function findHeader(file: Buffer) {
  const positions = [signature.length, ...Array(searchedBytes).keys()];
  const rejected = new Set<string>();
  for (const markerAt of positions) {
    const [a, b, c] = [0, 1, 2].map((n) =>
      file.toString("latin1", markerAt + n * markerBytes, markerAt + (n + 1) * markerBytes),
    );
    const text = a === b || a === c ? a : b === c ? b : undefined;
    if (text?.length !== markerBytes || rejected.has(text)) continue;
    const marker = Buffer.from(text, "latin1");
    const found = findRecords(file, marker);
    if (found.length > 0) return { marker, markerAt, found };
    rejected.add(text);
  }
  return undefined;
}

/** @throws Error when a file that has no record does not begin like a journal of this version. */
function checkSignature(file: Buffer): void {
  const [, found] = /^symbolon journal (\d+)\n/.exec(file.toString("latin1", 0, 64)) ?? [];
  if (found !== undefined && Number(found) !== version)
    throw new Error(`it is a journal of version ${found}, and this release reads version ${version} alone`);
  const begin = file.subarray(0, signature.length);
  const equalBytes = begin.filter((byte, index) => byte === signature[index]).length;
  if (equalBytes < begin.length / 2) throw new Error("it does not begin with the signature of a journal");
}

/** Covers the marker and the length too, and differs between versions. */
function recordChecksum(record: Buffer): number {
  const header = crc32(record.subarray(0, markerBytes + 4), crc32(signature));
  return crc32(record.subarray(recordHeaderBytes), header);
}

function confirmationChecksum(bytes: Buffer, marker: Buffer): number {
  return crc32(bytes.subarray(0, 8), crc32(marker));
}
