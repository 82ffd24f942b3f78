import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApp } from "@symbolon/server";
import { attach, serve } from "@symbolon/server/node";
import { afterEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { gate, valueGate } from "../gate.ts";
import { handshake, opcodes, connectRawClient, rawFrame } from "./raw-client.ts";

afterEach(() => void vi.useRealTimers());

/** An app with an echo at /echo. */
function createEchoApp() {
  const app = createApp();
  app.ws("/echo", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  return app;
}

test("an app is reached at the server's url, on a free port", async () => {
  await using server = await serve(createEchoApp(), { port: 0 });
  expect(server.url).toBe(`http://localhost:${server.port}`);
  expect(server.port).toBeGreaterThan(0);
  const client = new WebSocket(`${server.url.replace("http", "ws")}/echo`);
  await once(client, "open");
  client.send("hello");
  const [data] = await once(client, "message");
  expect(String(data)).toBe("hello");
  client.close();
  expect((await once(client, "close"))[0]).toBe(1005);
});

test("serving on a busy port rejects with EADDRINUSE, and the other server still works", async () => {
  const app = createApp({ fetch: () => new Response("first") });
  await using server = await serve(app, { port: 0 });
  await expect(serve(createApp(), { port: server.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  expect(await (await fetch(server.url)).text()).toBe("first");
});

test("files are served where no route is", async () => {
  const folder = await mkdtemp(join(tmpdir(), "assets-"));
  await writeFile(join(folder, "index.html"), "<p>index</p>");
  await writeFile(join(folder, "api"), "the file");
  const app = createApp();
  app.http("/api", () => new Response("the route"));
  await using server = await serve(app, { port: 0, assets: folder });
  const text = async (path: string) => (await fetch(server.url + path)).text();
  expect(await text("/")).toBe("<p>index</p>");
  expect(await text("/api?x=1")).toBe("the route");
  expect((await fetch(`${server.url}/nothing`)).status).toBe(404);
  expect((await fetch(`${server.url}/..%2f..%2fetc/passwd`)).status).toBe(404);
  await rm(folder, { recursive: true });
});

test("`assets` that is not a folder is a TypeError that has the whole path", async () => {
  const missing = serve(createApp(), { port: 0, assets: "no/such/folder" });
  await expect(missing).rejects.toThrow(TypeError);
  await expect(missing).rejects.toThrow(
    `\`assets\` must be a folder, and ${JSON.stringify(join(process.cwd(), "no/such/folder"))} is not one`,
  );
});

test("a request without a route goes to the app's fetch", async () => {
  const app = createApp({ fetch: (request) => new Response(`fallback ${new URL(request.url).pathname}`) });
  app.http("/mine", () => new Response("mine"));
  await using server = await serve(app, { port: 0 });
  expect(await (await fetch(`${server.url}/mine`)).text()).toBe("mine");
  expect(await (await fetch(`${server.url}/other`)).text()).toBe("fallback /other");
});

test("the signal of a handler's request aborts when the client disconnects", async () => {
  const called = valueGate<Request>();
  const app = createApp();
  app.http("/slow", async ({ request }) => {
    called.open(request);
    await once(request.signal, "abort");
    return new Response("not read");
  });
  await using server = await serve(app, { port: 0 });
  const client = new AbortController();
  const answer = fetch(`${server.url}/slow`, { signal: client.signal }).catch((error: Error) => error.name);
  const { signal } = await called.passed;
  client.abort();
  expect(await answer).toBe("AbortError");
  if (!signal.aborted) await once(signal, "abort");
  expect(signal.aborted).toBe(true);
});

test("closing closes every client with 1001, ends their handlers and hooks, and refuses new connections", async () => {
  const ended: string[] = [];
  const app = createApp();
  app
    .group(function* () {
      yield;
      ended.push("hook");
    })
    .ws("/echo", async (socket) => {
      for await (const message of socket) await socket.send(message);
      ended.push("handler");
    });
  const server = await serve(app, { port: 0 });
  const clients = [1, 2, 3].map(() => new WebSocket(`ws://localhost:${server.port}/echo`));
  await Promise.all(clients.map((client) => once(client, "open")));
  const closes = Promise.all(clients.map((client) => once(client, "close")));
  await server.close();
  for (const [code, reason] of await closes) expect([code, String(reason)]).toEqual([1001, "shutting down"]);
  expect(ended.sort()).toEqual(["handler", "handler", "handler", "hook", "hook", "hook"]);
  const [error] = await once(new WebSocket(`ws://localhost:${server.port}/echo`), "error");
  expect(error).toMatchObject({ code: "ECONNREFUSED" });
  await server.close();
});

// S8
test("while a server closes, a handshake on an open TCP connection is refused with 503", async () => {
  const server = await serve(createEchoApp(), { port: 0 });
  using open = await connectRawClient(server.port);
  await open.open("/echo");
  using late = await connectRawClient(server.port);
  // With a part of a request the connection is not idle.
  late.write(handshake("/echo").slice(0, 20));
  late.socket.setNoDelay();
  open.write(rawFrame(opcodes.text, "has the part arrived?"));
  await open.frame();
  const closed = server.close();
  expect(await open.closeFrame()).toEqual([1001, "shutting down"]);
  late.write(handshake("/echo").slice(20));
  expect((await late.response()).status).toBe(503);
  open.write(rawFrame(opcodes.close, Buffer.from([0x03, 0xe9])));
  await closed;
});

test("a handshake that is undecided when the server closes ends with 1001, and the server stops", async () => {
  const called = gate();
  const decided = gate();
  const app = createApp();
  app
    .group(async () => {
      called.open();
      await decided.passed;
    })
    .ws("/slow", async (socket) => {
      await socket.accept();
      await socket.closed;
    });
  const server = await serve(app, { port: 0 });
  const client = new WebSocket(`ws://localhost:${server.port}/slow`);
  await called.passed;
  const closed = server.close();
  decided.open();
  expect((await once(client, "close"))[0]).toBe(1001);
  await closed;
});

// S28
test("a client that does not answer the close frame is disconnected after 5 s", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const server = await serve(createEchoApp(), { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/echo");
  const closed = server.close();
  expect(await client.closeFrame()).toEqual([1001, "shutting down"]);
  vi.advanceTimersByTime(5_000);
  expect(await client.rest()).toHaveLength(0);
  await closed;
});

test("an attached app answers upgrades to its own routes and no others", async () => {
  const server = createServer((_request, response) => response.end("the server's own"));
  const attached = attach(server, createEchoApp());
  server.on("upgrade", (request, socket) => {
    if (request.url === "/theirs") socket.end("HTTP/1.1 418 Theirs\r\n\r\n");
  });
  server.listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  using theirs = await connectRawClient(port);
  expect(await theirs.open("/theirs")).toMatchObject({ status: 418, reason: "Theirs" });
  const ours = new WebSocket(`ws://localhost:${port}/echo`);
  await once(ours, "open");
  expect(await (await fetch(`http://localhost:${port}/`)).text()).toBe("the server's own");
  const closed = once(ours, "close");
  await attached.close();
  expect((await closed)[0]).toBe(1001);
  expect(server.listening).toBe(true);
  using later = await connectRawClient(port);
  expect((await later.open("/theirs")).status).toBe(418);
  server.close();
  server.closeAllConnections();
});

test("an attached app without other listeners refuses upgrades to unknown paths", async () => {
  const server = createServer();
  attach(server, createEchoApp());
  server.listen(0);
  await once(server, "listening");
  using client = await connectRawClient((server.address() as AddressInfo).port);
  expect((await client.open("/nowhere")).status).toBe(404);
  server.close();
});
