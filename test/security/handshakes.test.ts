// S36
/** Handshakes that are refused, on each transport and for each kind of client, with no option. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { connectRawClient, handshake } from "../../packages/server/test/node/raw-client.ts";
import { slow, waitOptions } from "../time-limits.ts";
import {
  echoes,
  handshakeOf,
  hasSession,
  headersOf,
  type Mode,
  modes,
  pathOf,
  sendRequest,
  startDefaultServer,
  transports,
} from "./default-servers.ts";

type Row = readonly [what: string, status: number, request: (mode: Mode) => string];

beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => {}));
afterEach(() => void vi.restoreAllMocks());

const withHeaders =
  (headers: Record<string, string | undefined>) =>
  (mode: Mode): string =>
    handshakeOf(mode, headers);
const withTarget =
  (path: (mode: Mode) => string, method = "GET") =>
  (mode: Mode): string =>
    handshakeOf(mode, {}, { path: path(mode), method });

describe.each(transports)("under %s a handshake", (transport) => {
  let server: Awaited<ReturnType<typeof startDefaultServer>>;
  beforeAll(async () => void (server = await startDefaultServer(transport)));
  afterAll(() => server.close());

  /** The status of the answer in each mode; a server that serves no other client afterwards is an error. */
  const statuses = async (request: Row[2]): Promise<Record<string, number>> => {
    const found: Record<string, number> = {};
    for (const mode of modes) {
      found[mode] = (await sendRequest(server.port, request(mode))).status;
      if (!(await echoes(server.port, mode))) throw new Error(`no echo in mode ${mode}`);
    }
    return found;
  };
  const each = (status: number): Record<string, number> =>
    Object.fromEntries(modes.map((mode) => [mode, status]));

  // S1, CVE-2020-28481, CVE-2026-27148, CVE-2022-42975, CVE-2018-1270, nats-server #2025
  test.each<readonly [number, string]>([
    [403, "https://evil.example"],
    [403, "http://localhost.evil.example"],
    [403, "http://evil.example/localhost"],
    [403, "http://localhost@evil.example"],
    [403, "http://localhost:1"],
    [403, "http://localhost."],
    [403, "http://xlocalhost"],
    [403, "file://localhost"],
    [403, "ws://localhost"],
    [403, "localhost"],
    [400, "http://localhost, https://evil.example"],
    [400, "http://localhost\r\nOrigin: https://evil.example"],
    [101, "http://localhost"],
    [101, "http://LOCALHOST"],
    [101, "https://localhost"],
  ])("is answered with %i for the Origin %s", async (status, origin) => {
    expect(await statuses(withHeaders({ Origin: origin }))).toEqual(each(status));
  });

  // S1, CVE-2026-27977
  test("is refused for the Origin null", async () => {
    expect(await statuses(withHeaders({ Origin: "null" }))).toEqual(each(403));
  });

  // S2
  test.each<readonly [number, string, Record<string, string>]>([
    [403, "with cookies and without an Origin", { Cookie: "session=1" }],
    [101, "with cookies and its own Origin", { Cookie: "session=1", Origin: "http://localhost" }],
    [101, "with neither", {}],
  ])("is answered with %i %s", async (status, _what, headers) => {
    expect(await statuses(withHeaders(headers))).toEqual(each(status));
  });

  // S3, CVE-2025-24010
  test.each([
    [421, "evil.example"],
    [421, "localhost.evil.example"],
    [421, "192.0.2.1"],
    [101, "localhost:3000"],
    [101, "127.0.0.1"],
  ])("is answered with %i for the Host %s", async (status, host) => {
    expect(await statuses(withHeaders({ Host: host, Origin: `http://${host}` }))).toEqual(each(status));
  });

  // S4, CVE-2020-7693, CVE-2026-54274, nats-server #2025
  test.each<Row>([
    ["POST", 405, withTarget(pathOf, "POST")],
    ["version 8", 426, withHeaders({ "Sec-WebSocket-Version": "8" })],
    ["no version", 426, withHeaders({ "Sec-WebSocket-Version": undefined })],
    ["a short key", 400, withHeaders({ "Sec-WebSocket-Key": "c2hvcnQ=" })],
    ["no key", 400, withHeaders({ "Sec-WebSocket-Key": undefined })],
    [
      "a key twice",
      400,
      withHeaders({ "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==" }),
    ],
    ["a body", 400, (mode) => `${handshakeOf(mode, { "Content-Length": "2" })}hi`],
    [
      "a Transfer-Encoding",
      400,
      (mode) => `${handshakeOf(mode, { "Transfer-Encoding": "chunked" })}0\r\n\r\n`,
    ],
    ["a Host with a user", 400, withHeaders({ Host: "me@localhost" })],
  ])("is refused for %s with %i", async (_what, status, request) => {
    expect(await statuses(request)).toEqual(each(status));
  });

  // S4, GHSA-c4j6-fc7j-m34r
  test.each<readonly [string, (mode: Mode) => string]>([
    ["in absolute form", (mode) => `http://evil.example${pathOf(mode)}`],
    ["with two slashes", (mode) => `//evil.example${pathOf(mode)}`],
    ["with a slash and a backslash", (mode) => `/\\evil.example${pathOf(mode)}`],
  ])("is refused with 400 for a target %s", async (_what, target) => {
    expect(await statuses(withTarget(target))).toEqual(each(400));
  });

  // S4
  test("at an unknown path is refused with 404, under attach a session with 4404 at once", async () => {
    for (const mode of modes) {
      using client = await connectRawClient(server.port);
      const { status } = await client.open("/nowhere", headersOf(mode));
      const isAccepted = transport === "attach" && hasSession(mode);
      const answer = isAccepted ? [status, (await client.closeFrame())[0]] : [status];
      expect([mode, ...answer]).toEqual([mode, ...(isAccepted ? [101, 4404] : [404])]);
    }
  });

  // S5
  test("with more than 16 KiB of headers is refused with 431", async () => {
    expect(await statuses(withHeaders({ "X-Large": "x".repeat(16 * 1024) }))).toEqual(each(431));
  });

  // S5, CVE-2024-37890
  test("with 2,000 headers is answered, and the server lives", async () => {
    for (const mode of modes) {
      const headers = Object.fromEntries(Array.from({ length: 2_000 }, (_, n) => [`x${n}`, "1"]));
      const { status } = await sendRequest(server.port, handshakeOf(mode, headers));
      expect(status).toBeOneOf([101, 431]);
      expect(await echoes(server.port, mode)).toBe(true);
    }
  });

  // S9, granian #1
  test.each(["a, a", "a, , b", "a b", "é", "symbolon.v1.json, symbolon.v1.json", "a\tb", ","])(
    "is refused with 400 for the subprotocols %j",
    async (protocols) => {
      expect(await statuses(withHeaders({ "Sec-WebSocket-Protocol": protocols }))).toEqual(each(400));
    },
  );

  // S9
  test("gets no subprotocol that is not the server's own", async () => {
    for (const path of ["/raw", "/notes"]) {
      const { status, headers } = await sendRequest(
        server.port,
        handshake(path, { "Sec-WebSocket-Protocol": "evil, chat" }),
      );
      expect([status, headers.get("sec-websocket-protocol")]).toEqual([101, null]);
    }
  });

  // S9, CVE-2021-32640
  test("with 15 KiB of spaces among its subprotocols is answered", async () => {
    expect(await statuses(withHeaders({ "Sec-WebSocket-Protocol": `a${" ".repeat(15 * 1024)}b` }))).toEqual(
      each(400),
    );
  });

  // S15, GHSA-5v72-xg48-5rpm, CVE-2026-27571, CVE-2018-1000518
  test.each([
    "permessage-deflate",
    "permessage-deflate; client_max_window_bits; server_no_context_takeover",
    "permessage-deflate; server_max_window_bits=1",
    "constructor",
    "__proto__; toString=hasOwnProperty",
    "permessage-deflate; constructor",
    ";;;,,,",
  ])("gets no extension for %j", async (extensions) => {
    for (const mode of modes) {
      const { status, headers } = await sendRequest(
        server.port,
        handshakeOf(mode, { "Sec-WebSocket-Extensions": extensions }),
      );
      expect([status, headers.get("sec-websocket-extensions")]).toEqual([101, null]);
    }
    expect(await echoes(server.port, "raw")).toBe(true);
  });

  // CVE-2022-21676, CVE-2026-59725, CVE-2024-38355
  test(
    "that breaks in each way, a thousand times, keeps nothing and raises no uncaught error",
    slow,
    async () => {
      const uncaught = vi.fn();
      process.on("uncaughtException", uncaught).on("unhandledRejection", uncaught);
      try {
        const attempts: ((mode: Mode) => Promise<unknown>)[] = [
          async (mode) => {
            using client = await connectRawClient(server.port);
            client.write(handshakeOf(mode).slice(0, 80));
            client.reset();
            await client.closed;
          },
          async (mode) => {
            using client = await connectRawClient(server.port);
            client.write(handshakeOf(mode), Buffer.from([0xf1, 0x80, 1, 2, 3, 4])); // RSV bits
            await client.rest();
          },
          (mode) =>
            sendRequest(server.port, handshakeOf(mode, { Upgrade: "websocket" }, { path: "/nowhere" })),
          (mode) => sendRequest(server.port, handshakeOf(mode, {}, { method: "POST" })),
        ];
        for (let round = 0; round < 250; round += 1)
          await Promise.all(attempts.map((attempt, at) => attempt(modes[(round + at) % 4] ?? "raw")));
        await vi.waitFor(
          () => expect(server.app.gauges()).toMatchObject({ connected: 0, pendingHandshakes: 0 }),
          waitOptions,
        );
        for (const mode of modes) expect(await echoes(server.port, mode)).toBe(true);
        expect(uncaught).not.toHaveBeenCalled();
      } finally {
        process.off("uncaughtException", uncaught).off("unhandledRejection", uncaught);
      }
    },
  );
});
