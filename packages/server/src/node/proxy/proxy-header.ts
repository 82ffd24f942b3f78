import { isIPv4, isIPv6 } from "node:net";

/** A client behind a TCP balancer. */
export interface ProxiedClient {
  readonly address: string;
  readonly port: number;
}

/** The header that a balancer sends before the bytes of its client. */
export interface ProxyHeader {
  /** The bytes of the header. */
  readonly length: number;
  /** Undefined when the balancer itself connects, to check the server, and when it does not know the client. */
  readonly client: ProxiedClient | undefined;
}

/** The most bytes of a header of version 1, with the end of its line. */
const maxLine = 107;
/** The most bytes of a header of version 2 that the server reads: addresses, and what the balancer adds. */
const maxBytes = 4_096;

const signature = Buffer.from("\r\n\r\n\0\r\nQUIT\n");
const linePrefix = Buffer.from("PROXY ");
/** The bytes of version 2 before the addresses. */
const fixedBytes = 16;

/**
 * Reads the header at the beginning of a connection: "The PROXY protocol", versions 1 and 2, §2 (HAProxy, 2020).
 * @returns undefined while the header is not complete.
 * @throws TypeError when the bytes do not begin with a header, or with one that is too long.
 */
export function readProxyHeader(bytes: Buffer): ProxyHeader | undefined {
  if (beginsAs(bytes, linePrefix)) return bytes.length < linePrefix.length ? undefined : readLine(bytes);
  if (beginsAs(bytes, signature)) return bytes.length < fixedBytes ? undefined : readBinary(bytes);
  throw new TypeError("the connection does not begin with a PROXY header");
}

/** Whether bytes, of which more may follow, begin with others. */
function beginsAs(bytes: Buffer, expected: Buffer): boolean {
  const length = Math.min(bytes.length, expected.length);
  return bytes.compare(expected, 0, length, 0, length) === 0;
}

/** Version 1: `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443` and the end of the line. */
function readLine(bytes: Buffer): ProxyHeader | undefined {
  const end = bytes.indexOf("\r\n");
  if (end < 0 && bytes.length < maxLine) return undefined;
  if (end < 0 || end + 2 > maxLine) throw new TypeError("the line of the PROXY header is too long");
  const line = bytes.toString("latin1", 0, end);
  const [, family, address = "", destination = "", port = "", ...rest] = line.split(" ");
  const length = end + 2;
  if (family === "UNKNOWN") return { length, client: undefined };
  const isAddress = family === "TCP4" ? isIPv4 : family === "TCP6" ? isIPv6 : () => false;
  const isComplete = isAddress(address) && isAddress(destination) && rest.length === 1;
  if (!isComplete || ![port, ...rest].every(isPort))
    throw new TypeError(`the PROXY header is invalid: ${JSON.stringify(line)}`);
  return { length, client: { address, port: Number(port) } };
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) < 65_536;
}

/** Version 2, in bytes. What follows the addresses is skipped. */
function readBinary(bytes: Buffer): ProxyHeader | undefined {
  const [version, command] = nibbles(bytes[12]);
  const [family, transport] = nibbles(bytes[13]);
  const length = fixedBytes + bytes.readUInt16BE(14);
  if (version !== 2 || command > 1) throw new TypeError("the PROXY header has an unknown version or command");
  if (length > maxBytes) throw new TypeError(`the PROXY header has more than ${maxBytes} bytes`);
  if (bytes.length < length) return undefined;
  const isStream = command === 1 && transport === 1;
  if (isStream && family === 1) return { length, client: readClient(bytes, length, 4) };
  if (isStream && family === 2) return { length, client: readClient(bytes, length, 16) };
  return { length, client: undefined };
}

/** A byte as two numbers. */
function nibbles(byte = 0): readonly [number, number] {
  return [byte >> 4, byte & 15];
}

/** Both addresses of so many bytes, then both ports. */
function readClient(bytes: Buffer, length: number, addressBytes: number): ProxiedClient {
  const portAt = fixedBytes + 2 * addressBytes;
  if (length < portAt + 4) throw new TypeError("the PROXY header has no addresses");
  const address = addressText(bytes.subarray(fixedBytes, fixedBytes + addressBytes));
  return { address, port: bytes.readUInt16BE(portAt) };
}

const mapped = Buffer.from("00000000000000000000ffff", "hex");

/** An IPv4 address that is mapped into IPv6 is the IPv4 address (RFC 4291 §2.5.5.2): clients are counted by it. */
function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.subarray(0, 12).equals(mapped)) return bytes.subarray(12).join(".");
  return Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(2 * group).toString(16)).join(":");
}
