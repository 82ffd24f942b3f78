import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readProxyHeader } from "../../../src/node/proxy/proxy-header.ts";
import { addresses4, addresses6, binaryHeader, lineHeader } from "./headers.ts";

const client = { address: "192.0.2.1", port: 56_324 };
const local = 0x20;

test.each<[string, string | Uint8Array, unknown]>([
  ["version 1 over IPv4", lineHeader("192.0.2.1"), client],
  ["version 1 over IPv6", lineHeader("2001:db8::7"), { ...client, address: "2001:db8::7" }],
  ["version 1 of an unknown client", "PROXY UNKNOWN\r\n", undefined],
  ["version 1 of an unknown client with addresses", "PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", undefined],
  ["version 2 over IPv4", binaryHeader(addresses4("192.0.2.1")), client],
  [
    "version 2 over IPv4, with more than addresses",
    binaryHeader(addresses4("192.0.2.1"), { after: Buffer.alloc(900) }),
    client,
  ],
  [
    "version 2 over IPv6",
    binaryHeader(addresses6("20010db8000000000000000000000007"), { family: 0x21 }),
    { ...client, address: "2001:db8:0:0:0:0:0:7" },
  ],
  [
    "version 2 with an IPv4 address that is mapped into IPv6",
    binaryHeader(addresses6("00000000000000000000ffffc0000201"), { family: 0x21 }),
    client,
  ],
  ["version 2 of the balancer itself", binaryHeader(addresses4("192.0.2.1"), { command: local }), undefined],
  [
    "version 2 of the balancer itself, without addresses",
    binaryHeader(Buffer.alloc(0), { command: local }),
    undefined,
  ],
  ["version 2 of a Unix socket", binaryHeader(Buffer.alloc(216), { family: 0x31 }), undefined],
  ["version 2 of datagrams", binaryHeader(addresses4("192.0.2.1"), { family: 0x12 }), undefined],
])("%s: names the client, and ends where its bytes begin", (_, header, expected) => {
  const bytes = Buffer.from(header);
  const complete = { length: bytes.length, client: expected };
  expect(readProxyHeader(bytes)).toEqual(complete);
  expect(readProxyHeader(Buffer.concat([bytes, Buffer.from("GET / HTTP/1.1\r\n\r\n")]))).toEqual(complete);
  for (let length = 0; length < bytes.length; length += 1)
    expect(readProxyHeader(bytes.subarray(0, length))).toBeUndefined();
});

describe("refuses", () => {
  test.each<[string, string | Uint8Array, string]>([
    ["a request without a header", "GET / HTTP/1.1\r\n", "does not begin with a PROXY header"],
    ["a first byte of something else", "\x16", "does not begin with a PROXY header"],
    ["a signature that ends wrong", "\r\n\r\n\0\r\nQUIT\r", "does not begin with a PROXY header"],
    ["another family", "PROXY UDP4 192.0.2.1 198.51.100.1 1 2\r\n", "is invalid"],
    ["an address of the other family", lineHeader("192.0.2.1", 1, 6), "is invalid"],
    ["no address", "PROXY TCP4\r\n", "is invalid"],
    ["a name in place of an address", lineHeader("localhost", 1, 4), "is invalid"],
    ["a port that is too large", lineHeader("192.0.2.1", 65_536), "is invalid"],
    ["a port that is not decimal", "PROXY TCP4 192.0.2.1 198.51.100.1 1e3 2\r\n", "is invalid"],
    ["one field too many", "PROXY TCP4 192.0.2.1 198.51.100.1 1 2 3\r\n", "is invalid"],
    ["a line without an end", `PROXY UNKNOWN ${"x".repeat(93)}`, "too long"],
    ["a line that is too long", `PROXY UNKNOWN ${"x".repeat(93)}\r\n`, "too long"],
    ["another version", binaryHeader(addresses4("192.0.2.1"), { command: 0x31 }), "unknown version"],
    ["another command", binaryHeader(addresses4("192.0.2.1"), { command: 0x22 }), "unknown version"],
    ["too few addresses", binaryHeader(addresses4("192.0.2.1").subarray(0, 11)), "has no addresses"],
    ["IPv4 addresses for IPv6", binaryHeader(addresses4("192.0.2.1"), { family: 0x21 }), "has no addresses"],
    ["too many bytes", binaryHeader(Buffer.alloc(4_081)).subarray(0, 16), "more than 4096 bytes"],
  ])("%s", (_, header, message) => {
    expect(() => readProxyHeader(Buffer.from(header))).toThrow(TypeError);
    expect(() => readProxyHeader(Buffer.from(header))).toThrow(message);
  });
});

test("any bytes are a header, a part of one, or refused", () => {
  const prefix = fc.constantFrom(
    "",
    "PROXY ",
    "PROXY TCP4 ",
    "\r\n\r\n\0\r\nQUIT\n",
    "\r\n\r\n\0\r\nQUIT\n!\u0011",
  );
  fc.assert(
    fc.property(prefix, fc.uint8Array({ maxLength: 300 }), (begin, rest) => {
      const bytes = Buffer.concat([Buffer.from(begin, "latin1"), rest]);
      try {
        expect(readProxyHeader(bytes)?.length ?? 0).toBeLessThanOrEqual(bytes.length);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
      }
    }),
  );
});
