import { once } from "node:events";
import { contract, type Closed } from "@symbolon/protocol";
import { SUBPROTOCOL } from "@symbolon/protocol/internal";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { Clock } from "@symbolon/server/testing";
import { afterEach, describe, expect, test, vi } from "vitest";
import { hello } from "../session/connect-session.ts";
import { gate, handshake, opcodes, rawClient, rawFrame } from "./raw-client.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** An app whose hook is told that its client has left. */
function deciding() {
  const asked = gate();
  const told = gate();
  const errors: unknown[] = [];
  const app = createApp({ onError: (error) => void errors.push(error), clock: new Clock() });
  const view = app.use(async ({ request }) => {
    asked.pass();
    await once(request.signal, "abort");
    told.pass();
  });
  return { view, app, asked: asked.passed, told: told.passed, errors };
}

describe("a client that leaves before it is answered", () => {
  test.each(["reset", "end"] as const)("aborts the request by %s while a hook decides", async (how) => {
    const { app, view, asked, told, errors } = deciding();
    view.ws("/", (socket) => socket.accept());
    await using server = await serve(app, { port: 0 });
    using client = await rawClient(server.port);
    client.write(handshake("/"));
    await asked;
    if (how === "reset") client.reset();
    else client.socket.end();
    await told;
    await server.close();
    expect(errors).toEqual([]);
  });

  test("aborts the request of a session, whose 101 is written", async () => {
    const { app, view, asked, told } = deciding();
    view.implement(contract("/chat", {}), () => ({}));
    await using server = await serve(app, { port: 0 });
    using client = await rawClient(server.port);
    await client.open("/chat", { "Sec-WebSocket-Protocol": SUBPROTOCOL });
    client.write(rawFrame(opcodes.text, JSON.stringify(hello)));
    await asked;
    client.reset();
    await expect(told).resolves.toBeUndefined();
  });

  test("is told to its handler by the socket, and accepting it is refused", async () => {
    const asked = gate();
    const over = gate<[Closed, unknown, unknown]>();
    const errors: unknown[] = [];
    const app = createApp({ onError: (error) => void errors.push(error) });
    app.ws("/", async (socket) => {
      asked.pass();
      const { signal } = socket;
      await once(signal, "abort");
      const refused: unknown = await socket.accept().catch((error: unknown) => error);
      over.pass([await socket.closed, signal.reason, refused]);
    });
    await using server = await serve(app, { port: 0 });
    using client = await rawClient(server.port);
    client.write(handshake("/"));
    await asked.passed;
    client.reset();
    const [closed, reason, refused] = await over.passed;
    expect(closed).toEqual({ code: 1006, reason: "", wasClean: false });
    expect(reason).toMatchObject({ name: "CloseError", code: 1006 });
    expect(refused).toBe(reason);
    await server.close();
    expect(errors).toEqual([]);
  });

  test("holds no closing server, though a hook heeds nothing", async () => {
    const asked = gate();
    const app = createApp({ clock: new Clock() });
    app
      .use(() => {
        asked.pass();
        return new Promise<void>(() => {});
      })
      .ws("/", (socket) => socket.accept());
    const server = await serve(app, { port: 0 });
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    using client = await rawClient(server.port);
    client.write(handshake("/"));
    await asked.passed;
    client.reset();
    const log: string[] = [];
    const closed = server.close().then(() => log.push("closed"));
    // The handshake's own 10 s are on another clock.
    while (log.length === 0) await vi.advanceTimersByTimeAsync(100);
    await closed;
    expect(log).toEqual(["closed"]);
  });

  test("S6 › frees its place among the undecided, though a hook heeds nothing", async () => {
    const asked = gate();
    const left = gate();
    const app = createApp({ clock: new Clock(), handshake: { pending: 1 } });
    app
      .use(({ request }) => {
        request.signal.addEventListener("abort", () => left.pass());
        asked.pass();
        return new Promise<void>(() => {});
      })
      .ws("/hangs", (socket) => socket.accept());
    app.ws("/", (socket) => socket.send("hello"));
    const server = await serve(app, { port: 0 });
    using client = await rawClient(server.port);
    client.write(handshake("/hangs"));
    await asked.passed;
    using early = await rawClient(server.port);
    expect((await early.open("/")).status).toBe(503);
    client.reset();
    await left.passed;
    using late = await rawClient(server.port);
    expect((await late.open("/")).status).toBe(101);
  });
});

test("S8 › a closing server gives up the handshakes that a hook does not decide, and tells the hook", async () => {
  const { app, view, asked, told } = deciding();
  view.ws("/", (socket) => socket.accept());
  const server = await serve(app, { port: 0 });
  const waiting = waits();
  using client = await rawClient(server.port);
  client.write(handshake("/"));
  await asked;
  const closed = server.close();
  await waiting;
  await vi.advanceTimersByTimeAsync(3_100);
  expect((await client.answer()).status).toBe(503);
  await told;
  await closed;
});

/** From now on timers stand still; resolves when the first has begun. */
async function waits(): Promise<void> {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  const began = gate();
  const { setInterval } = globalThis;
  vi.spyOn(globalThis, "setInterval").mockImplementation((...timer) => {
    began.pass();
    return setInterval(...timer);
  });
  await began.passed;
}
