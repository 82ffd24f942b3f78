// S35, CVE-2026-1526: what a hostile server can send a client in Node below its messages; with real sockets.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket as TcpSocket } from "node:net";
import { deflateRawSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startClient } from "./hostile-servers.ts";
import { listenOnAnyPort, startTcpServer, undoAll, until, urlOf, watchCrashes } from "./servers.ts";
import { testCertificate } from "./test-certificate.ts";

beforeEach(watchCrashes);
afterEach(undoAll);

/** Starts a TCP server that answers the upgrade with 101 and these headers, and then does what `attack` does. */
async function startRawServer(attack: (socket: TcpSocket) => void, headers: readonly string[] = []) {
  return startTcpServer((socket) => {
    socket.once("data", (head) => {
      const key = /sec-websocket-key: (.*)/i.exec(head.toString())?.[1]?.trim();
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      socket.write(
        [
          "HTTP/1.1 101 Switching Protocols",
          "Upgrade: websocket",
          "Connection: Upgrade",
          `Sec-WebSocket-Accept: ${accept}`,
          "Sec-WebSocket-Protocol: symbolon.v1.json",
          ...headers,
          "\r\n",
        ].join("\r\n"),
      );
      attack(socket);
    });
  });
}

/** The head of a WebSocket frame. */
function frameHead(first: number, length: number): Buffer {
  const head = Buffer.alloc(10);
  head[0] = first;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

describe("on the wire", () => {
  /** Why the first try of a client fails. */
  async function firstFailure(url: string) {
    const client = startClient(url);
    await until(() => client.statuses.some(({ error }) => error !== undefined));
    return client.statuses.find(({ error }) => error !== undefined)?.error;
  }

  test.each([
    ["a message of 16 MiB and one byte", frameHead(0x81, 2 ** 24 + 1), "Max payload size exceeded"],
    [
      "a message of 2^53 bytes",
      frameHead(0x81, 2 ** 53),
      "Unsupported WebSocket frame: payload length > 2^53 - 1",
    ],
    [
      "a compressed message",
      Buffer.concat([frameHead(0xc1, 10)]),
      "Invalid WebSocket frame: RSV1 must be clear",
    ],
  ])("%s fails the wire before it is read", async (_, head, failure) => {
    const { url } = await startRawServer((socket) => socket.write(head));
    expect(await firstFailure(url)).toMatchObject({ code: 1006, reason: failure });
  });

  test.each([
    "permessage-deflate",
    "permessage-deflate; server_max_window_bits=99",
    "permessage-deflate; client_max_window_bits",
  ])("%s, which the client does not offer, fails the handshake", async (extension) => {
    const bomb = deflateRawSync(Buffer.alloc(2 ** 20));
    const { url } = await startRawServer(
      (socket) => socket.write(Buffer.concat([frameHead(0xc1, bomb.length), bomb])),
      [`Sec-WebSocket-Extensions: ${extension}`],
    );
    const error = await firstFailure(url);
    expect(error).toMatchObject({ code: 1006 });
    expect(error?.reason).toMatch(/Sec-WebSocket-Extensions/);
  });

  test("fragments without an end fail the wire", async () => {
    const { url } = await startRawServer((socket) => {
      const fragments = Buffer.concat(
        Array.from({ length: 20_000 }, (_, n) => Buffer.from([n === 0 ? 0x01 : 0x00, 1, 0x61])),
      );
      socket.write(fragments);
    });
    expect(await firstFailure(url)).toMatchObject({ code: 1006, reason: "Too many message fragments" });
  });

  test("a redirect is not followed", async () => {
    let redirected = 0;
    const elsewhere = createServer().on("upgrade", (_, socket) => {
      redirected += 1;
      socket.destroy();
    });
    await listenOnAnyPort(elsewhere);
    const location = urlOf(elsewhere.address() as AddressInfo).replace("ws", "http");
    const server = createServer().on("upgrade", (_, socket) => {
      socket.on("error", () => {}).resume();
      socket.end(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`);
    });
    await listenOnAnyPort(server);
    const error = await firstFailure(urlOf(server.address() as AddressInfo));
    expect(error).toMatchObject({ code: 1006, reason: "Unexpected server response: 302" });
    expect(redirected).toBe(0);
  });

  // CVE-2016-10536
  test("a certificate that no authority has signed is refused", async () => {
    let upgrades = 0;
    const server = createTlsServer(testCertificate).on("upgrade", (_, socket) => {
      upgrades += 1;
      socket.destroy();
    });
    await listenOnAnyPort(server);
    const error = await firstFailure(urlOf(server.address() as AddressInfo).replace("ws", "wss"));
    expect(error?.cause).toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    expect(upgrades).toBe(0);
  });
});
