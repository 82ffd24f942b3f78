/** A server behind a TCP balancer that sends the PROXY protocol. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { type AppOptions, createApp } from "@symbolon/server";
import { RefusedError, serve, type ServeOptions } from "@symbolon/server/node";
import { Clock } from "@symbolon/server/testing";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { testCertificate } from "../../../../client/test/connection/test-certificate.ts";
import { waitOptions } from "../../../../../test/time-limits.ts";
import { connectRawClient, handshake, RawClient } from "../raw-client.ts";
import { addresses4, binaryHeader, lineHeader } from "./headers.ts";

beforeEach(() => void vi.spyOn(console, "warn").mockImplementation(() => {}));
afterEach(() => void vi.restoreAllMocks());

const request = "GET /page HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/** A server whose routes answer with the address of the client. */
async function startServer(options: ServeOptions = {}, appOptions: AppOptions = {}) {
  const refused: RefusedError[] = [];
  const app = createApp({
    ...appOptions,
    onError: (error) => {
      if (error instanceof RefusedError) refused.push(error);
    },
  });
  app.http("/page", ({ address, node }) => {
    const request = node?.request as { socket: { remotePort?: number; remoteFamily?: string } } | undefined;
    const client = `${address} ${request?.socket.remotePort} ${request?.socket.remoteFamily}`;
    return new Response(null, { status: 204, headers: { client } });
  });
  app.ws("/address", (socket, { address }) => socket.send(String(address)));
  const listen = { port: 0, host: "127.0.0.1", signals: false, proxyProtocol: ["127.0.0.0/8"] };
  const server = await serve(app, { ...listen, ...options });
  return { server, refused, [Symbol.asyncDispose]: () => server.close() };
}

/** The address, the port and the family that a request had. */
async function seenIn(client: RawClient): Promise<string | null> {
  return (await client.response()).headers.get("client");
}

describe("the address of the client is that of the header", () => {
  test.each<[string, string | Uint8Array]>([
    ["version 1", lineHeader("192.0.2.1")],
    ["version 2", binaryHeader(addresses4("192.0.2.1"), { after: Buffer.alloc(64) })],
  ])("in a request and in a WebSocket, by %s", async (_, header) => {
    await using started = await startServer();
    const { port } = started.server;
    using one = await connectRawClient(port);
    one.write(header, request);
    expect(await seenIn(one)).toBe("192.0.2.1 56324 IPv4");
    using two = await connectRawClient(port);
    two.write(header);
    await two.open("/address");
    expect(await two.text()).toBe("192.0.2.1");
    expect(started.refused).toEqual([]);
  });

  test("though header and request arrive byte by byte", async () => {
    await using started = await startServer();
    using client = await connectRawClient(started.server.port);
    client.socket.setNoDelay(true);
    for (const byte of Buffer.from(lineHeader("2001:db8::7") + request)) {
      client.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    expect(await seenIn(client)).toBe("2001:db8::7 56324 IPv6");
  });

  test("in each request of a connection that is kept", async () => {
    await using started = await startServer();
    using client = await connectRawClient(started.server.port);
    client.write(lineHeader("192.0.2.1"));
    for (let round = 0; round < 2; round += 1) {
      client.write(request.replace("close", "keep-alive"));
      expect(await seenIn(client)).toBe("192.0.2.1 56324 IPv4");
    }
  });

  test("below TLS", async () => {
    await using started = await startServer({ tls: testCertificate });
    using below = await connectRawClient(started.server.port);
    below.write(lineHeader("192.0.2.1"));
    const socket = connectTls({ socket: below.socket, rejectUnauthorized: false });
    await once(socket, "secureConnect");
    using client = new RawClient(socket);
    client.write(request);
    expect(await seenIn(client)).toBe("192.0.2.1 56324 IPv4");
  });

  test("for the limits: each client behind the balancer has its own", async () => {
    await using started = await startServer({}, { limits: { perAddress: 1 } });
    const { port } = started.server;
    const open = async (address: string) => {
      const client = await connectRawClient(port);
      client.write(lineHeader(address), handshake("/address"));
      return { client, ...(await client.response()) };
    };
    const clients = [await open("192.0.2.1"), await open("192.0.2.2"), await open("192.0.2.1")];
    expect(clients.map(({ status }) => status)).toEqual([101, 101, 429]);
    for (const { client } of clients) client[Symbol.dispose]();
  });
});

test("a balancer may connect to a Unix socket", async () => {
  const folder = await mkdtemp(join(tmpdir(), "socket-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "x.sock");
  await using started = await startServer({ path, port: undefined, host: undefined });
  using client = new RawClient(connect(path));
  client.write(lineHeader("192.0.2.1"), request);
  expect(await seenIn(client)).toBe("192.0.2.1 56324 IPv4");
  expect(started.refused).toEqual([]);
});

test("the balancer that checks the server is served with its own address", async () => {
  await using started = await startServer();
  using client = await connectRawClient(started.server.port);
  client.write(binaryHeader(Buffer.alloc(0), { command: 0x20, family: 0 }), request);
  expect(await seenIn(client)).toMatch(/^127\.0\.0\.1 /);
});

describe("a connection is closed, and reported", () => {
  test.each<[string, string, ServeOptions, string]>([
    [
      "that begins with a request",
      request,
      {},
      "does not begin with a PROXY header: let the balancer send it",
    ],
    ["whose header is invalid", "PROXY TCP4 me you 1 2\r\n", {}, "the PROXY header is invalid"],
    [
      "that comes from elsewhere, though it has a header",
      lineHeader("192.0.2.1") + request,
      { proxyProtocol: ["10.0.0.0/8", "fd00::/8", "192.0.2.1"] },
      "comes from no network of `proxyProtocol`",
    ],
  ])("%s", async (_, bytes, options, reason) => {
    await using started = await startServer(options);
    using client = await connectRawClient(started.server.port);
    client.write(bytes);
    await client.closed;
    expect(started.refused).toMatchObject([{ kind: "proxyProtocol", seen: { address: "127.0.0.1" } }]);
    expect(started.refused[0]?.message).toContain(reason);
  });

  test("that sends no header in time", async () => {
    const clock = new Clock();
    await using started = await startServer({}, { clock });
    using client = await connectRawClient(started.server.port);
    client.write("PROX");
    await vi.waitFor(() => {
      clock.advance(5_000); // the server may not have the connection yet
      expect(started.refused).toHaveLength(1);
    }, waitOptions);
    await client.closed;
    expect(started.refused[0]?.message).toContain("no PROXY header has arrived within 5000 ms");
  });

  test("without a report when it ends before its header", async () => {
    await using started = await startServer();
    using client = await connectRawClient(started.server.port);
    client.write("PROXY");
    client.reset();
    using next = await connectRawClient(started.server.port);
    next.write(lineHeader("192.0.2.1"), request);
    await seenIn(next);
    expect(started.refused).toEqual([]);
  });
});

test.each([
  [[]],
  [["10.0.0.0/33"]],
  [["10.0.0.0/8/8"]],
  [["balancer"]],
  [["10.0.0.0/"]],
  [[7]],
  ["10.0.0.0/8"],
  [true],
])("%j are no networks", async (networks) => {
  const serving = serve(createApp(), { port: 0, proxyProtocol: networks as string[] });
  await expect(serving).rejects.toThrow("proxyProtocol has to be a list of the networks of your balancers");
});
