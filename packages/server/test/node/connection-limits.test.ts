import { createApp, type LimitOptions } from "@symbolon/server";
import { attach, serve } from "@symbolon/server/node";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Clock } from "@symbolon/server/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { addressOf, networkOf } from "../../src/node/networks.ts";
import { resolveLimits } from "../../src/access/limits.ts";
import { waitOptions } from "../../../../test/time-limits.ts";
import { connectRawClient, handshake, type RawClient } from "./raw-client.ts";

let log: ReturnType<typeof spyOnLog>;
const spyOnLog = () => vi.spyOn(console, "warn").mockImplementation(() => {});
beforeEach(() => void (log = spyOnLog()));
afterEach(() => log.mockRestore());

/** The lines of the log. */
const lines = (): unknown[] => log.mock.calls.map(([line]) => line);

/** A server with these limits. */
async function serveLimited(limits: LimitOptions, clock = new Clock()) {
  const app = createApp({ limits, clock });
  app.http("/page", () => new Response("page", { headers: { "content-length": "4" } }));
  app.ws("/", async (socket) => {
    await socket.accept();
    await socket.closed;
  });
  return serve(app, { port: 0, host: "127.0.0.1", signals: false });
}

/** Sends a handshake; `head` is the head of the response. */
async function connect(port: number, headers?: Record<string, string>) {
  const client = await connectRawClient(port);
  return Object.assign(client, { head: await client.open("/", headers) });
}

// S7
describe("a server", () => {
  test("refuses one connection more than its limit with 503", async () => {
    await using server = await serveLimited({ connections: 2 });
    using one = await connect(server.port);
    using two = await connect(server.port);
    using three = await connect(server.port);
    expect([one, two, three].map(({ head }) => head.status)).toEqual([101, 101, 503]);
    expect(three.head.headers.get("retry-after")).toBe("5");
  });

  test("refuses one connection more than its limit per address with 429, until one has closed", async () => {
    await using server = await serveLimited({ perAddress: 1 });
    using one = await connect(server.port);
    using two = await connect(server.port);
    expect([one, two].map(({ head }) => head.status)).toEqual([101, 429]);
    one.reset();
    two.reset();
    await Promise.all([one.closed, two.closed]);
    using three = await connect(server.port);
    expect(three.head.status).toBe(101);
  });

  // CVE-2025-59152
  test("ignores X-Forwarded-For without a proxy", async () => {
    await using server = await serveLimited({ perAddress: 1 });
    using one = await connect(server.port, { "X-Forwarded-For": "192.0.2.1" });
    using two = await connect(server.port, { "X-Forwarded-For": "192.0.2.2" });
    expect([one, two].map(({ head }) => head.status)).toEqual([101, 429]);
  });

  test("uses the last address of X-Forwarded-For, which the proxy has added, with `trustProxy`", async () => {
    await using server = await serveLimited({ perAddress: 1, trustProxy: true });
    using one = await connect(server.port, { "X-Forwarded-For": "192.0.2.9, 192.0.2.1" });
    using two = await connect(server.port, { "X-Forwarded-For": "192.0.2.9, 192.0.2.2" });
    using three = await connect(server.port, { "X-Forwarded-For": "192.0.2.8, 192.0.2.2" });
    expect([one, two, three].map(({ head }) => head.status)).toEqual([101, 101, 429]);
  });
});

// S7
describe("the TCP connections of an address that are not WebSockets", () => {
  /** Connections that send nothing. */
  const connectSilent = (port: number, count: number): Promise<RawClient[]> =>
    Promise.all(Array.from({ length: count }, () => connectRawClient(port)));

  test("are 300 by default, whatever they send: one more is answered with 429, and the log names the option", async () => {
    await using server = await serveLimited({});
    const silent = await connectSilent(server.port, 300);
    using late = await connectRawClient(server.port);
    const { status, headers } = await late.response();
    expect([status, headers.get("retry-after"), headers.get("connection")]).toEqual([429, "5", "close"]);
    await late.rest();
    expect(lines()).toEqual([
      'symbolon: refused with 429: the limit of connections from one address that are not WebSockets is 300: createApp({ limits: { httpPerAddress } }); if it is the address of a proxy, set limits.trustProxy {"address":"127.0.0.1"}',
    ]);
    const [first] = silent;
    first?.reset();
    await first?.closed;
    await vi.waitFor(async () => {
      using next = await connect(server.port);
      expect(next.head.status).toBe(101);
    }, waitOptions);
    for (const client of silent) client.reset();
  });

  test("do not count once they are WebSockets, and a WebSocket does not count twice", async () => {
    await using server = await serveLimited({ httpPerAddress: 1 });
    using one = await connect(server.port);
    using two = await connect(server.port);
    using three = await connect(server.port);
    expect([one, two, three].map(({ head }) => head.status)).toEqual([101, 101, 101]);
    expect(lines()).toEqual([]);
  });

  test("are counted once, though an upgrade to another protocol is read twice", async () => {
    await using server = await serveLimited({ httpPerAddress: 1 });
    using one = await connectRawClient(server.port);
    for (let round = 0; round < 3; round += 1) {
      one.write(handshake("/page", { Upgrade: "h2c" }));
      expect((await one.response()).status).toBe(200);
      expect((await one.read(4)).toString()).toBe("page");
    }
    expect(lines()).toEqual([]);
  });

  test("are not limited with `trustProxy`, since all of them come from the proxy", async () => {
    await using server = await serveLimited({ httpPerAddress: 1, trustProxy: true });
    const silent = await connectSilent(server.port, 5);
    using late = await connect(server.port, { "X-Forwarded-For": "192.0.2.1" });
    expect(late.head.status).toBe(101);
    for (const client of silent) client.reset();
  });

  test("of all addresses are as many as WebSockets: one more is answered with 503", async () => {
    await using server = await serveLimited({ connections: 2, trustProxy: true });
    const silent = await connectSilent(server.port, 2);
    using late = await connectRawClient(server.port);
    expect((await late.response()).status).toBe(503);
    expect(lines()).toEqual([
      'symbolon: refused with 503: the limit of connections that are not WebSockets is 2: createApp({ limits: { connections } }) {"address":"127.0.0.1"}',
    ]);
    for (const client of silent) client.reset();
  });
});

describe("the log", () => {
  const refused = (limit: number, advice: string): string =>
    `symbolon: refused with 429: the limit of WebSockets from one address is ${limit}: createApp({ limits: { perAddress } }); ${advice} {"host":"localhost","address":"127.0.0.1","path":"/"}`;

  test("names the address, the limit and the option, for each refusal", async () => {
    await using server = await serveLimited({ perAddress: 1 });
    using _ = await connect(server.port);
    for (let round = 0; round < 3; round += 1) {
      using late = await connect(server.port);
      expect(late.head.status).toBe(429);
    }
    const line = refused(1, "if it is the address of a proxy, set limits.trustProxy");
    expect(lines()).toEqual([line, line, line]);
  });

  test.each(["serve", "attach"])(
    "says that 101 users behind one proxy need `trustProxy`, under %s",
    async (how) => {
      const app = createApp({ clock: new Clock() });
      app.ws("/", async (socket) => {
        await socket.accept();
        await socket.closed;
      });
      await using server = await serve(app, { port: 0, host: "127.0.0.1", signals: false });
      const host = createServer();
      attach(host, app);
      host.listen(0, "127.0.0.1");
      await once(host, "listening");
      const port = how === "serve" ? server.port : (host.address() as AddressInfo).port;
      const users = await Promise.all(
        Array.from({ length: 100 }, (_, at) => connect(port, { "X-Forwarded-For": `192.0.2.${at}` })),
      );
      expect(new Set(users.map(({ head }) => head.status))).toEqual(new Set([101]));
      using last = await connect(port, { "X-Forwarded-For": "192.0.2.101" });
      expect(last.head.status).toBe(429);
      expect(lines()).toEqual([
        refused(
          100,
          "the request has X-Forwarded-For: if it comes from a proxy of yours, set limits.trustProxy",
        ),
      ]);
      for (const user of users) user.reset();
      host.close();
      host.closeAllConnections();
    },
  );

  test("names the limit of the whole server", async () => {
    await using server = await serveLimited({ connections: 1 });
    using _ = await connect(server.port);
    using late = await connect(server.port);
    expect(late.head.status).toBe(503);
    expect(lines()).toEqual([
      'symbolon: refused with 503: the limit of WebSockets is 1: createApp({ limits: { connections } }) {"host":"localhost","address":"127.0.0.1","path":"/"}',
    ]);
  });
});

// S7, S29
test.each([
  ["192.0.2.1:50123", "192.0.2.1"],
  ["[2001:db8::1]:50123", "2001:db8::1"],
  ["[2001:db8::1]", "2001:db8::1"],
  ["unknown", "127.0.0.1"],
  ["\x1b[2J", "127.0.0.1"],
  [`192.0.2.1${"0".repeat(1_000)}`, "127.0.0.1"],
  ["", "127.0.0.1"],
])("an X-Forwarded-For that ends with %j counts for %s", async (forwarded, address) => {
  const incoming = {
    headers: { "x-forwarded-for": `192.0.2.9, ${forwarded}` },
    socket: { remoteAddress: "127.0.0.1" },
  };
  expect(addressOf(incoming as never, true)).toBe(address);
  expect(addressOf(incoming as never, false)).toBe("127.0.0.1");
});

// S7
test("there are limits by default", () => {
  expect(createApp().limits).toEqual(resolveLimits());
  expect(resolveLimits()).toEqual({
    connections: 20_000,
    perAddress: 100,
    httpPerAddress: 300,
    perPrincipal: 20,
    messagesPerSecond: 100,
    bytesPerSecond: 1_048_576,
    handlers: 10_000,
    failedResumes: 10,
    outboundBytes: 134_217_728,
    historyBytes: 134_217_728,
    trustProxy: false,
    messageTimeout: 30_000,
  });
});

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:DB8:1:2::", "2001:db8:1:2"],
  ["2001:db8::6", "2001:db8:0:0"],
  ["::1", "0:0:0:0"],
  ["2001:0db8:0001:0002::", "2001:db8:1:2"],
  ["fe80::1%eth0", "fe80:0:0:0"],
  ["", ""],
])("the network of %s is %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});
