import { ProtocolError } from "../errors.ts";

/** How deep a value may be nested, the frame itself included. */
export const maxDepth = 64;
/** The extension that marks an array as a set or a map: the array's first item, with one of these numbers. */
export const collection = { type: 0x53, set: 0, map: 1 } as const;

const undefinedType = 0;
const bigintType = 0x42;
const timestampType = -1;

/**
 * Reads one value in MessagePack strictly: checks all lengths, nesting, UTF-8 and keys, and knows our extensions alone. Its
 * objects and maps may have `maxKeys` keys, all together.
 * @throws ProtocolError that names what is wrong with the bytes.
 */
export function readMsgpack(message: Uint8Array, maxKeys: number = Infinity): unknown {
  const reader = new Reader(message, maxKeys);
  const value = reader.value(1);
  if (!reader.done) refuse("more bytes than one value");
  return value;
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #maxKeys: number;
  #keys = 0;
  #at = 0;

  constructor(bytes: Uint8Array, maxKeys: number) {
    this.#bytes = bytes;
    this.#maxKeys = maxKeys;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  value(depth: number): unknown {
    const token = this.#uint(1);
    if (token < 0x80) return token;
    if (token < 0x90) return this.#object(token & 0x0f, depth);
    if (token < 0xa0) return this.#array(token & 0x0f, depth);
    if (token < 0xc0) return this.#text(token & 0x1f);
    if (token >= 0xe0) return token - 0x100;
    return this.#wide(token, depth);
  }

  /** Values whose length or width is in a byte of its own. */
  #wide(token: number, depth: number): unknown {
    if (token === 0xc0) return null;
    if (token === 0xc2 || token === 0xc3) return token === 0xc3;
    if (token === 0xc4 || token === 0xc5 || token === 0xc6)
      return this.#slice(this.#uint(2 ** (token - 0xc4)));
    if (token === 0xc7 || token === 0xc8 || token === 0xc9)
      return this.#extension(this.#uint(2 ** (token - 0xc7)));
    if (token === 0xca) return this.#view.getFloat32(this.#take(4));
    if (token === 0xcb) return this.#view.getFloat64(this.#take(8));
    if (token === 0xcf) return this.#view.getBigUint64(this.#take(8));
    if (token === 0xd3) return this.#view.getBigInt64(this.#take(8));
    if (token === 0xcc || token === 0xcd || token === 0xce) return this.#uint(2 ** (token - 0xcc));
    if (token === 0xd0) return this.#view.getInt8(this.#take(1));
    if (token === 0xd1) return this.#view.getInt16(this.#take(2));
    if (token === 0xd2) return this.#view.getInt32(this.#take(4));
    if (token >= 0xd4 && token <= 0xd8) return this.#extension(2 ** (token - 0xd4));
    if (token === 0xd9 || token === 0xda || token === 0xdb)
      return this.#text(this.#uint(2 ** (token - 0xd9)));
    if (token === 0xdc || token === 0xdd) return this.#array(this.#uint(2 ** (token - 0xdb)), depth);
    if (token === 0xde || token === 0xdf) return this.#object(this.#uint(2 ** (token - 0xdd)), depth);
    return refuse("a byte that MessagePack does not use");
  }

  #object(length: number, depth: number): Record<string, unknown> {
    this.#checkNested(2 * length, depth);
    this.#countKeys(length);
    const object: Record<string, unknown> = {};
    for (let remaining = length; remaining > 0; remaining -= 1) {
      const key = this.value(depth + 1);
      if (typeof key !== "string" || key === "__proto__") return refuse("an invalid map key");
      object[key] = this.value(depth + 1);
    }
    return object;
  }

  #array(length: number, depth: number): unknown[] | Set<unknown> | Map<unknown, unknown> {
    this.#checkNested(length, depth);
    const kind = length > 0 ? this.#collection() : undefined;
    const items: unknown[] = [];
    for (let remaining = kind === undefined ? length : length - 1; remaining > 0; remaining -= 1)
      items.push(this.value(depth + 1));
    if (kind === undefined) return items;
    if (kind === collection.set) return new Set(items);
    if (kind !== collection.map || items.length % 2 > 0) return refuse("a malformed Set or Map");
    this.#countKeys(items.length / 2);
    const map = new Map<unknown, unknown>();
    for (let at = 0; at < items.length; at += 2) map.set(items[at], items[at + 1]);
    return map;
  }

  /** The number by which an array is marked; undefined when it is a plain array. */
  #collection(): number | undefined {
    if (this.#bytes[this.#at] !== 0xd4 || this.#bytes[this.#at + 1] !== collection.type) return undefined;
    this.#take(2);
    return this.#uint(1);
  }

  #text(length: number): string {
    const start = this.#take(length);
    // For a short text in ASCII, such as a key, this is faster than a decoder.
    if (length < 24) {
      const codes = Array.from(this.#bytes.subarray(start, this.#at));
      if (codes.every((code) => code < 0x80)) return String.fromCharCode(...codes);
    }
    try {
      return utf8.decode(this.#bytes.subarray(start, this.#at));
    } catch {
      return refuse("bytes that are not UTF-8");
    }
  }

  #extension(length: number): unknown {
    const type = this.#view.getInt8(this.#take(1));
    const data = this.#slice(length);
    if (type === undefinedType && length === 1) return undefined;
    if (type === bigintType && length > 0) return bigintOf(data);
    if (type === timestampType) return dateOf(new DataView(data.buffer));
    return refuse("an unknown extension");
  }

  /** A copy: a view would keep the whole message in memory, and share its `buffer` with other values. */
  #slice(length: number): Uint8Array<ArrayBuffer> {
    const start = this.#take(length);
    return new Uint8Array(this.#bytes.subarray(start, this.#at));
  }

  #uint(width: number): number {
    const start = this.#take(width);
    if (width === 1) return this.#view.getUint8(start);
    return width === 2 ? this.#view.getUint16(start) : this.#view.getUint32(start);
  }

  /** Checks a nested value of so many items, of a byte or more each. */
  #checkNested(items: number, depth: number): void {
    if (depth > maxDepth) refuse(`a value nested deeper than ${maxDepth}`);
    if (items > this.#bytes.length - this.#at) refuse("fewer bytes than announced");
  }

  #countKeys(keys: number): void {
    this.#keys += keys;
    if (this.#keys > this.#maxKeys) throw new ProtocolError(`a frame has at most ${this.#maxKeys} keys`);
  }

  #take(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) refuse("fewer bytes than announced");
    this.#at += length;
    return start;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Two's complement, the highest byte first. */
function bigintOf(data: Uint8Array): bigint {
  const hex = Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return BigInt.asIntN(8 * data.length, BigInt(`0x${hex}`));
}

/** A timestamp of 32, 64 or 96 bits, as MessagePack defines it; one byte is an invalid date. */
function dateOf(data: DataView): Date {
  if (data.byteLength === 1) return new Date(Number.NaN);
  if (data.byteLength === 4) return new Date(data.getUint32(0) * 1_000);
  if (data.byteLength !== 8 && data.byteLength !== 12) return refuse("an invalid timestamp");
  const short = data.byteLength === 8;
  const nanoseconds = short ? data.getUint32(0) >>> 2 : data.getUint32(0);
  const seconds = short ? (data.getUint32(0) & 3) * 2 ** 32 + data.getUint32(4) : Number(data.getBigInt64(4));
  return new Date(seconds * 1_000 + Math.floor(nanoseconds / 1e6));
}

function refuse(found: string): never {
  throw new ProtocolError(`expected a frame in MessagePack, got ${found}`);
}
