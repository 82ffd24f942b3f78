import { createApp, type LimitOptions } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { describe, expect, test } from "vitest";
import { networkOf } from "../../src/node/connection-limits.ts";
import { resolveLimits } from "../../src/access/limits.ts";
import { rawClient } from "./raw-client.ts";

async function serving(limits: LimitOptions) {
  const app = createApp({ limits });
  app.ws("/", async (socket) => {
    await socket.accept();
    await socket.closed;
  });
  return serve(app, { port: 0, host: "127.0.0.1", signals: false });
}

/** Knocks, and says with what it was answered. */
async function knock(port: number, headers?: Record<string, string>) {
  const client = await rawClient(port);
  return Object.assign(client, { answered: await client.open("/", headers) });
}

describe("a server", () => {
  test("S7 › has room for so many connections, and refuses one more with 503", async () => {
    await using server = await serving({ connections: 2 });
    using one = await knock(server.port);
    using two = await knock(server.port);
    using three = await knock(server.port);
    expect([one, two, three].map(({ answered }) => answered.status)).toEqual([101, 101, 503]);
    expect(three.answered.headers.get("retry-after")).toBe("5");
  });

  test("S7 › has room for so many from one address, and refuses one more with 429 until one has left", async () => {
    await using server = await serving({ perAddress: 1 });
    using one = await knock(server.port);
    using two = await knock(server.port);
    expect([one, two].map(({ answered }) => answered.status)).toEqual([101, 429]);
    one.reset();
    two.reset();
    await Promise.all([one.gone, two.gone]);
    using three = await knock(server.port);
    expect(three.answered.status).toBe(101);
  });

  test("S7 › believes no address that a client names", async () => {
    await using server = await serving({ perAddress: 1 });
    using one = await knock(server.port, { "X-Forwarded-For": "192.0.2.1" });
    using two = await knock(server.port, { "X-Forwarded-For": "192.0.2.2" });
    expect([one, two].map(({ answered }) => answered.status)).toEqual([101, 429]);
  });

  test("S7 › believes the last address, which the proxy has added, where there is one", async () => {
    await using server = await serving({ perAddress: 1, trustProxy: true });
    using one = await knock(server.port, { "X-Forwarded-For": "192.0.2.9, 192.0.2.1" });
    using two = await knock(server.port, { "X-Forwarded-For": "192.0.2.9, 192.0.2.2" });
    using three = await knock(server.port, { "X-Forwarded-For": "192.0.2.8, 192.0.2.2" });
    expect([one, two, three].map(({ answered }) => answered.status)).toEqual([101, 101, 429]);
  });
});

test("S7 › there are limits when nobody sets any", () => {
  expect(createApp().limits).toEqual(resolveLimits());
  expect(resolveLimits()).toEqual({
    connections: 20_000,
    perAddress: 100,
    perPrincipal: 20,
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
