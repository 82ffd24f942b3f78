/** How long a server takes to close, whatever is open. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createApp } from "@symbolon/server";
import { attach, serve } from "@symbolon/server/node";
import { Clock } from "@symbolon/server/testing";
import { afterEach, describe, expect, test, vi } from "vitest";
import { waitOptions } from "../../../../test/time-limits.ts";
import { gate } from "../gate.ts";
import { connectRawClient, handshake, type RawClient } from "./raw-client.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const never = (): Promise<never> => new Promise(() => {});

/** An app whose routes never end; `called` resolves when the code of one of them runs. */
function createEndlessApp() {
  const called = gate();
  const hang = (): Promise<never> => (called.open(), never());
  const app = createApp({ clock: new Clock() });
  app.http("/events", () => {
    called.open();
    const first = new TextEncoder().encode("data: 1\n\n");
    return new Response(new ReadableStream({ start: (stream) => stream.enqueue(first) }), {
      headers: { "content-type": "text/event-stream" },
    });
  });
  app.http("/hangs", hang);
  app.group(hang).ws("/hook", () => {});
  app.ws("/handler", hang);
  app.ws("/open", async (socket) => {
    await socket.accept();
    await hang();
  });
  app.ws("/refused", () => {
    called.open();
    return new Response(new ReadableStream({ pull: never }), { status: 403 });
  });
  app.ws("/unread", () => {
    called.open();
    return new Response("x".repeat(64 * 1024 * 1024), { status: 403 }); // more than the network's buffers take
  });
  return { app, called: called.passed };
}

/** Lets time pass until `work` has settled. Resolves with that time, in ms. */
async function timeOf(work: Promise<unknown>): Promise<number> {
  const state = { settled: false };
  let passed = 0;
  void work.finally(() => (state.settled = true));
  while (!state.settled) {
    await vi.advanceTimersByTimeAsync(100);
    await new Promise((resolve) => void setImmediate(resolve));
    passed += 100;
  }
  return passed;
}

const useFakeTimers = (): unknown =>
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

// L2
describe("a server that closes resolves", () => {
  test("at once while a client has connected and sent nothing", async () => {
    const server = await serve(createApp(), { port: 0 });
    using client = await connectRawClient(server.port);
    using other = await connectRawClient(server.port);
    other.write(get("/"));
    await other.response(); // the connections before this one have been accepted
    await server.close();
    expect(await client.rest()).toHaveLength(0);
  });

  test.each<[string, string, number]>([
    ["half a request line", "GET /eve", 3_000],
    ["half of the headers", "GET / HTTP/1.1\r\nHost: loc", 3_000],
    ["half a handshake", handshake("/open").slice(0, -2), 3_000],
    ["half a body", `POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf`, 3_000],
  ])("within 3 s while a client has sent %s", async (_case, text, bound) => {
    const { app } = createEndlessApp();
    const server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    client.write(text);
    using other = await connectRawClient(server.port);
    await other.open("/open"); // what was sent before has arrived
    other.reset();
    useFakeTimers();
    expect(await timeOf(server.close())).toBeLessThanOrEqual(bound + 100);
    await client.rest();
    expect(client.socket.destroyed || client.socket.readableEnded).toBe(true);
  });

  test.each<[string, (client: RawClient) => unknown, number]>([
    ["an open SSE response", (client) => client.write(get("/events")), 3_000],
    ["an HTTP handler that never settles", (client) => client.write(get("/hangs")), 3_000],
    ["a hook that never settles", (client) => client.write(handshake("/hook")), 6_000],
    ["a raw handler that never accepts", (client) => client.write(handshake("/handler")), 6_000],
    [
      "a client that never answers, and a handler that never settles",
      (client) => client.open("/open"),
      8_000,
    ],
    ["a refusal whose body never ends", (client) => client.write(handshake("/refused")), 3_000],
    ["a refusal that its client does not read", (client) => client.write(handshake("/unread")), 3_000],
  ])("in time with %s", async (_case, start, bound) => {
    const { app, called } = createEndlessApp();
    const server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    await start(client);
    await called;
    useFakeTimers();
    expect(await timeOf(server.close())).toBeLessThanOrEqual(bound + 200);
    await expect(fetch(server.url)).rejects.toThrow("fetch failed");
  });

  test.each<[string, (client: RawClient) => unknown]>([
    ["an open SSE response", (client) => client.write(get("/events"))],
    ["a hook that never settles", (client) => client.write(handshake("/hook"))],
    ["a client that never answers, and a handler that never settles", (client) => client.open("/open")],
  ])("within 0.3 s of a SIGTERM of `node --watch` with %s, whatever `drain` is", async (_case, start) => {
    vi.stubEnv("WATCH_REPORT_DEPENDENCIES", "1");
    vi.stubEnv("NODE_ENV", "production");
    const { app, called } = createEndlessApp();
    const server = await serve(app, { port: 0, drain: 10_000 });
    using client = await connectRawClient(server.port);
    await start(client);
    await called;
    useFakeTimers();
    process.once("SIGTERM", () => {}); // else the server ends this process
    process.emit("SIGTERM");
    expect(await timeOf(server.close())).toBeLessThanOrEqual(300);
  });

  test("when its requests are answered, though their clients keep the connections", async () => {
    const decided = gate();
    const called = gate();
    const app = createApp();
    app.http("/", async () => {
      called.open();
      await decided.passed;
      return new Response("answer", { headers: { "content-length": "6" } });
    });
    const server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    client.write(get("/"));
    await called.passed;
    const closed = server.close();
    decided.open();
    expect((await client.response()).status).toBe(200);
    expect((await client.rest()).toString()).toBe("answer");
    await closed;
  });

  // S28
  test("under `attach` too: a client that never answers, with a handler that never settles", async () => {
    const { app, called } = createEndlessApp();
    const host = createServer();
    const attached = attach(host, app);
    host.listen(0);
    await once(host, "listening");
    using client = await connectRawClient((host.address() as AddressInfo).port);
    await client.open("/open");
    await called;
    useFakeTimers();
    expect(await timeOf(attached.close())).toBeLessThanOrEqual(8_200);
    host.close();
    host.closeAllConnections();
  });
});

test("a refusal that its client does not read is given up after 10 s, and the socket is freed", async () => {
  const clock = new Clock();
  const app = createApp({ clock });
  const refused = gate();
  const deadline = vi.spyOn(clock, "after");
  app.ws("/", () => {
    refused.open();
    return new Response("x".repeat(64 * 1024 * 1024), { status: 403 });
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  client.write(handshake("/"));
  await refused.passed;
  // That of the handshake, and that of the refusal.
  await vi.waitFor(
    () => expect(deadline.mock.calls.map(([ms]) => ms)).toEqual([10_000, 10_000]),
    waitOptions,
  );
  clock.advance(10_000);
  expect((await client.rest()).length).toBeLessThan(64 * 1024 * 1024);
});
