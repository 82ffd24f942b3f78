/** Where `serve` listens: addresses, TLS and Unix sockets. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { get as getHttp, type IncomingMessage } from "node:http";
import { get as getHttps } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApp, type LimitOptions } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { testCertificate } from "../../../client/test/connection/test-certificate.ts";
import { waitOptions } from "../../../../test/time-limits.ts";

beforeEach(() => void vi.spyOn(console, "warn").mockImplementation(() => {}));
afterEach(() => void vi.restoreAllMocks());

function createTestApp(limits: LimitOptions = {}) {
  const app = createApp({ limits });
  app.http("/page", ({ request }) => new Response(request.url));
  app.ws("/address", (socket, { address }) => socket.send({ address }));
  return app;
}

/** The first message of a WebSocket. */
async function firstMessage(url: string): Promise<string> {
  const socket = new WebSocket(url, { rejectUnauthorized: false });
  const [data] = (await once(socket, "message")) as [Buffer];
  socket.close();
  await once(socket, "close");
  return data.toString();
}

test.each([
  ["::1", "http://[::1]:", "::1"],
  ["127.0.0.2", "http://127.0.0.2:", "127.0.0.2"],
  ["127.0.0.1", "http://localhost:", "127.0.0.1"],
  ["0.0.0.0", "http://localhost:", "127.0.0.1"],
])("bound to %s, a server can be reached at its url", async (host, prefix, address) => {
  await using server = await serve(createTestApp(), { port: 0, host, signals: false });
  expect(server.url).toBe(prefix + server.port);
  expect(await (await fetch(`${server.url}/page`)).text()).toBe(`${server.url}/page`);
  // A client of 127.0.0.2 comes from 127.0.0.1, or from the address that it dials.
  expect([address, "127.0.0.1"]).toContain(
    (JSON.parse(await firstMessage(`${server.url.replace("http", "ws")}/address`)) as { address: string })
      .address,
  );
});

test("with a certificate, a server speaks https and wss, and a WebSocket is no HTTP connection of its address", async () => {
  await using server = await serve(createTestApp({ httpPerAddress: 1 }), {
    port: 0,
    host: "127.0.0.1",
    tls: testCertificate,
    signals: false,
  });
  expect(server.url).toBe(`https://localhost:${server.port}`);
  const url = `wss://127.0.0.1:${server.port}/address`;
  const first = new WebSocket(url, { rejectUnauthorized: false });
  expect(String((await once(first, "message"))[0])).toBe('{"address":"127.0.0.1"}');
  expect(await firstMessage(url)).toBe('{"address":"127.0.0.1"}');
  first.close();
  const request = getHttps(`https://127.0.0.1:${server.port}/page`, {
    rejectUnauthorized: false,
    agent: false,
  });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  response.resume();
  await once(response, "close");
});

test("with TLS, a connection below that has ended is not counted any more", async () => {
  await using server = await serve(createTestApp({ httpPerAddress: 1 }), {
    port: 0,
    host: "127.0.0.1",
    tls: testCertificate,
    signals: false,
  });
  for (let round = 0; round < 3; round += 1)
    await vi.waitFor(async () => {
      const request = getHttps(`https://127.0.0.1:${server.port}/page`, {
        rejectUnauthorized: false,
        agent: false,
      });
      const [response] = (await once(request, "response")) as [IncomingMessage];
      response.resume();
      await once(response, "close");
      expect(response.statusCode).toBe(200);
    }, waitOptions);
});

test("at a path, a server listens on a Unix socket, whose clients have no address", async () => {
  const folder = await mkdtemp(join(tmpdir(), "socket-"));
  const path = join(folder, "x.sock");
  const server = await serve(createTestApp(), { path, signals: false });
  expect([server.url, server.port]).toEqual([`unix:${path}`, 0]);
  const [response] = (await once(getHttp({ socketPath: path, path: "/page" }), "response")) as [
    IncomingMessage,
  ];
  expect(response.statusCode).toBe(200);
  response.resume();
  expect(await firstMessage(`ws+unix:${path}:/address`)).toBe("{}");
  await server.close();
  await rm(folder, { recursive: true });
});
