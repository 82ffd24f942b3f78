/** The host names by which a server may be reached, by the address that it is bound to. */
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AppOptions, createApp } from "@symbolon/server";
import { attach, serve } from "@symbolon/server/node";
import { Clock } from "@symbolon/server/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isLoopback } from "../../src/node/networks.ts";
import { connectRawClient, handshake } from "./raw-client.ts";

let log: ReturnType<typeof spyOnLog>;
const spyOnLog = () => vi.spyOn(console, "warn").mockImplementation(() => {});
beforeEach(() => void (log = spyOnLog()));
afterEach(() => log.mockRestore());

function createEchoApp(options: AppOptions = {}) {
  const app = createApp({ clock: new Clock(), ...options });
  app.http("/page", () => new Response("page"));
  app.ws("/echo", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  return app;
}

const evil = { Host: "evil.com", Origin: "http://evil.com", Cookie: "session=1" };

/** The status of a handshake, and of a request for a page, under `serve` and `attach`. */
async function statuses(host: string | undefined, headers: Record<string, string>, options?: AppOptions) {
  const app = createEchoApp(options);
  await using server = await serve(app, { port: 0, ...(host !== undefined && { host }) });
  const own = createServer();
  const attached = attach(own, app);
  own.listen(0, host);
  await once(own, "listening");
  const ask = async (port: number, text: string): Promise<number> => {
    using client = await connectRawClient(port);
    client.write(text);
    return (await client.response()).status;
  };
  const { port } = own.address() as AddressInfo;
  const { Host = "" } = headers;
  const page = `GET /page HTTP/1.1\r\nHost: ${Host}\r\n\r\n`;
  const found = {
    serve: await ask(server.port, handshake("/echo", headers)),
    attach: await ask(port, handshake("/echo", headers)),
    unknown: await ask(port, handshake("/nowhere", headers)),
    page: await ask(server.port, page),
  };
  await attached.close();
  own.close();
  own.closeAllConnections();
  return found;
}

// S3
test.each(["127.0.0.1", "localhost"])(
  "bound to %s, a page that has rebound its name to this machine is refused with 421, and the log names the option",
  async (host) => {
    expect(await statuses(host, evil)).toEqual({ serve: 421, attach: 421, unknown: 421, page: 421 });
    const line = (path: string, origin = '"origin":"http://evil.com",'): string =>
      `symbolon: refused with 421: Host evil.com is not allowed: createApp({ security: { hosts: [...] } }); a server that is bound to a loopback address has loopback names alone as its hosts {${origin}"host":"evil.com","address":"127.0.0.1","path":"${path}"}`;
    expect(log.mock.calls.flat()).toEqual([
      line("/echo"),
      line("/echo"),
      line("/nowhere"),
      line("/page", ""),
    ]);
  },
);

// S3
test.each(["localhost", "localhost:1234", "127.0.0.1", "127.0.0.2:80", "[::1]", "app.localhost"])(
  "bound to a loopback address, the host %s may go on",
  async (Host) => {
    expect(await statuses("127.0.0.1", { Host })).toEqual({
      serve: 101,
      attach: 101,
      unknown: 404,
      page: 200,
    });
  },
);

// S3
test.each([undefined, "0.0.0.0"])("bound to all addresses (%s), every host may go on", async (host) => {
  expect(await statuses(host, evil)).toEqual({ serve: 101, attach: 101, unknown: 404, page: 200 });
  expect(log.mock.calls.flat()).toEqual([
    'symbolon: refused with 404: No WebSocket route is at /nowhere {"origin":"http://evil.com","host":"evil.com","address":"127.0.0.1","path":"/nowhere"}',
  ]);
});

test("bound to a loopback address behind a proxy that keeps Host, `security.hosts` opens the way", async () => {
  const options = { security: { hosts: ["app.test"] } };
  const headers = { Host: "app.test", Origin: "https://app.test" };
  expect(await statuses("127.0.0.1", headers, options)).toEqual({
    serve: 101,
    attach: 101,
    unknown: 404,
    page: 200,
  });
  expect(await statuses("127.0.0.1", evil, options)).toMatchObject({ serve: 421, attach: 421, page: 421 });
});

test("files are refused for a foreign host too", async () => {
  const folder = await mkdtemp(join(tmpdir(), "assets-"));
  await writeFile(join(folder, "secret"), "the file");
  await using server = await serve(createEchoApp(), { port: 0, host: "127.0.0.1", assets: folder });
  for (const [host, status] of [
    ["evil.com", 421],
    ["localhost", 200],
  ] as const) {
    using client = await connectRawClient(server.port);
    client.write(`GET /secret HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    expect((await client.response()).status).toBe(status);
  }
  await rm(folder, { recursive: true });
});

test("a server that closes still refuses a foreign host", async () => {
  const app = createEchoApp();
  const own = createServer();
  attach(own, app);
  own.listen(0, "127.0.0.1");
  await once(own, "listening");
  const { port } = own.address() as AddressInfo;
  using before = await connectRawClient(port);
  expect((await before.open("/echo")).status).toBe(101);
  using client = await connectRawClient(port);
  client.write(handshake("/echo", evil).slice(0, 20));
  using other = await connectRawClient(port);
  expect((await other.open("/echo")).status).toBe(101); // the part has arrived
  own.close();
  client.write(handshake("/echo", evil).slice(20));
  expect((await client.response()).status).toBe(421);
});

// S29
test("the log has a host name without control characters, cut to 256", async () => {
  await using server = await serve(createEchoApp(), { port: 0, host: "127.0.0.1" });
  using client = await connectRawClient(server.port);
  await client.open("/echo", { Host: `${"a".repeat(300)}.com` });
  expect(log.mock.calls.flat().join("")).toContain(`"host":"${"a".repeat(256)}"`);
  using other = await connectRawClient(server.port);
  expect((await other.open("/echo", { Host: "a\u001b[2J" })).status).toBe(400);
});

test.each([
  ["127.0.0.1", true],
  ["127.3.2.1", true],
  ["::1", true],
  ["::ffff:127.0.0.1", true],
  ["0.0.0.0", false],
  ["::", false],
  ["192.168.0.1", false],
  ["1127.0.0.1", false],
])("%s is a loopback address: %s", (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});
