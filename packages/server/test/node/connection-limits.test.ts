import { createApp, type LimitOptions } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { describe, expect, test } from "vitest";
import { networkOf } from "../../src/node/connection-limits.ts";
import { resolveLimits } from "../../src/access/limits.ts";
import { connectRawClient } from "./raw-client.ts";

/** A server with these limits. */
async function serveLimited(limits: LimitOptions) {
  const app = createApp({ limits });
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
test("there are limits by default", () => {
  expect(createApp().limits).toEqual(resolveLimits());
  expect(resolveLimits()).toEqual({
    connections: 20_000,
    perAddress: 100,
    perPrincipal: 20,
    messagesPerSecond: 100,
    bytesPerSecond: 1_048_576,
    handlers: 10_000,
    outboundBytes: 134_217_728,
    historyBytes: 134_217_728,
    trustProxy: false,
  });
});

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:DB8:1:2::", "2001:db8:1:2"],
  ["2001:db8::6", "2001:db8:0:0"],
  ["::1", "0:0:0:0"],
  ["", ""],
])("the network of %s is %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});
