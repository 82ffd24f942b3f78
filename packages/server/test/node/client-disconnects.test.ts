import { once } from "node:events";
import { contract, type Closed } from "@symbolon/protocol";
import { SUBPROTOCOL } from "@symbolon/protocol/internal";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { Clock } from "@symbolon/server/testing";
import { afterEach, describe, expect, test, vi } from "vitest";
import { hello } from "../session/connect-session.ts";
import { gate, valueGate } from "../gate.ts";
import { handshake, opcodes, connectRawClient, rawFrame } from "./raw-client.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** An app whose hook waits until its client disconnects; `called` and `noticed` are the two moments. */
function createWaitingApp() {
  const called = gate();
  const noticed = gate();
  const errors: unknown[] = [];
  const app = createApp({ onError: (error) => void errors.push(error), clock: new Clock() });
  const view = app.group(async ({ request }) => {
    called.open();
    await once(request.signal, "abort");
    noticed.open();
  });
  return { view, app, called: called.passed, noticed: noticed.passed, errors };
}

describe("a client that disconnects before the handshake is decided", () => {
  test.each(["reset", "end"] as const)("aborts the request by %s while a hook decides", async (how) => {
    const { app, view, called, noticed, errors } = createWaitingApp();
    view.ws("/", (socket) => socket.accept());
    await using server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    client.write(handshake("/"));
    await called;
    if (how === "reset") client.reset();
    else client.socket.end();
    await noticed;
    await server.close();
    expect(errors).toEqual([]);
  });

  test("aborts the request of a session, whose 101 is written", async () => {
    const { app, view, called, noticed } = createWaitingApp();
    view.implement(contract("/chat", {}), () => ({}));
    await using server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    await client.open("/chat", { "Sec-WebSocket-Protocol": SUBPROTOCOL });
    client.write(rawFrame(opcodes.text, JSON.stringify(hello)));
    await called;
    client.reset();
    await expect(noticed).resolves.toBeUndefined();
  });

  test("ends the socket of its handler, whose accept rejects", async () => {
    const called = gate();
    const ended = valueGate<[Closed, unknown, unknown]>();
    const errors: unknown[] = [];
    const app = createApp({ onError: (error) => void errors.push(error) });
    app.ws("/", async (socket) => {
      called.open();
      const { signal } = socket;
      await once(signal, "abort");
      const refused: unknown = await socket.accept().catch((error: unknown) => error);
      ended.open([await socket.closed, signal.reason, refused]);
    });
    await using server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    client.write(handshake("/"));
    await called.passed;
    client.reset();
    const [closed, reason, refused] = await ended.passed;
    expect(closed).toEqual({ code: 1006, reason: "", wasClean: false });
    expect(reason).toMatchObject({ name: "CloseError", code: 1006 });
    expect(refused).toBe(reason);
    await server.close();
    expect(errors).toEqual([]);
  });

  test("does not keep a server from closing, though a hook ignores the signal", async () => {
    const called = gate();
    const app = createApp({ clock: new Clock() });
    app
      .group(() => {
        called.open();
        return new Promise<void>(() => {});
      })
      .ws("/", (socket) => socket.accept());
    const server = await serve(app, { port: 0 });
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    using client = await connectRawClient(server.port);
    client.write(handshake("/"));
    await called.passed;
    client.reset();
    const log: string[] = [];
    const closed = server.close().then(() => log.push("closed"));
    // The 10 s of the handshake are on another clock.
    while (log.length === 0) await vi.advanceTimersByTimeAsync(100);
    await closed;
    expect(log).toEqual(["closed"]);
  });

  // S6
  test("is not counted among the undecided, though a hook ignores the signal", async () => {
    const called = gate();
    const disconnected = gate();
    const app = createApp({ clock: new Clock(), handshake: { pending: 1 } });
    app
      .group(({ request }) => {
        request.signal.addEventListener("abort", () => disconnected.open());
        called.open();
        return new Promise<void>(() => {});
      })
      .ws("/hangs", (socket) => socket.accept());
    app.ws("/", (socket) => socket.send("hello"));
    const server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    client.write(handshake("/hangs"));
    await called.passed;
    using early = await connectRawClient(server.port);
    expect((await early.open("/")).status).toBe(503);
    client.reset();
    await disconnected.passed;
    using late = await connectRawClient(server.port);
    expect((await late.open("/")).status).toBe(101);
  });
});

// S8
test("a server that closes refuses the handshakes that a hook does not decide, and aborts their signal", async () => {
  const { app, view, called, noticed } = createWaitingApp();
  view.ws("/", (socket) => socket.accept());
  const server = await serve(app, { port: 0 });
  const waiting = stopTimers();
  using client = await connectRawClient(server.port);
  client.write(handshake("/"));
  await called;
  const closed = server.close();
  await waiting;
  await vi.advanceTimersByTimeAsync(3_100);
  expect((await client.response()).status).toBe(503);
  await noticed;
  await closed;
});

/** Timers stop from now on. Resolves when the first one has begun. */
async function stopTimers(): Promise<void> {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  const began = gate();
  const { setInterval } = globalThis;
  vi.spyOn(globalThis, "setInterval").mockImplementation((...timer) => {
    began.open();
    return setInterval(...timer);
  });
  await began.passed;
}
