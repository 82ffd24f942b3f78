import { once } from "node:events";
import { contract } from "@symbolon/protocol";
import { SUBPROTOCOL } from "@symbolon/protocol/internal";
import { createApp } from "@symbolon/server";
import { attach, serve } from "@symbolon/server/node";
import { Clock } from "@symbolon/server/testing";
import { createServer } from "node:http";
import { afterEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { hello as first } from "../session/connect-session.ts";
import { gate } from "../gate.ts";
import { opcodes, connectRawClient, type RawClient, rawFrame } from "./raw-client.ts";

afterEach(() => void vi.useRealTimers());

const work = contract("/work", { client: { do: z.string() }, server: {} });
const hello = { ...first, w: 64, wb: 2 ** 20 };

/** An app with a raw route and a contract; its handler waits for `finish()`. */
function createWorkApp() {
  const clock = new Clock();
  const began = gate();
  const finish = gate();
  const log: string[] = [];
  const app = createApp({ clock });
  app.http("/", () => new Response("page"));
  app.ws("/raw", async (socket) => {
    for await (const _ of socket);
    log.push("raw ended");
  });
  app.implement(work, async function* () {
    yield {
      do: async (name) => {
        began.open();
        await finish.passed;
        log.push(name);
      },
    };
    log.push("session ended");
  });
  return { app, clock, log, began: began.passed, finish: finish.open };
}

const send = (client: RawClient, message: object): void =>
  client.write(rawFrame(opcodes.text, JSON.stringify(message)));

/** Opens a session. */
async function openSession(client: RawClient): Promise<void> {
  await client.open("/work", { "Sec-WebSocket-Protocol": SUBPROTOCOL });
  send(client, hello);
  expect(JSON.parse(await client.text())).toMatchObject({ t: "welcome" });
}

/** Sends the close frame of a client that goes away. */
const closeClient = (client: RawClient): void =>
  client.write(rawFrame(opcodes.close, Buffer.from([0x03, 0xe9])));

describe("a server that drains", () => {
  // S8
  test("refuses new WebSockets with 503, answers HTTP, and closes once all clients have disconnected", async () => {
    const { app, clock, log } = createWorkApp();
    const server = await serve(app, { port: 0 });
    using session = await connectRawClient(server.port);
    using raw = await connectRawClient(server.port);
    await openSession(session);
    await raw.open("/raw");
    const closed = server.close({ drain: 60_000 });
    expect(JSON.parse(await session.text())).toEqual({ t: "goaway", at: 0, why: "shutting down" });
    using late = await connectRawClient(server.port);
    expect((await late.open("/raw")).status).toBe(503);
    expect(await (await fetch(server.url)).text()).toBe("page");
    clock.advance(24_000);
    expect(await raw.closeFrame()).toEqual([1012, "shutting down"]);
    closeClient(raw);
    closeClient(session);
    await closed;
    expect(log.sort()).toEqual(["raw ended", "session ended"]);
    await expect(fetch(server.url)).rejects.toThrow("fetch failed");
  });

  test("closes clients that are still connected when the time is over with 1001, and lets handlers finish", async () => {
    const { app, log, began, finish } = createWorkApp();
    const server = await serve(app, { port: 0 });
    using session = await connectRawClient(server.port);
    await openSession(session);
    send(session, { t: "event", name: "do", data: "work", s: 1 });
    await began;
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    const closed = server.close({ drain: 2_000 });
    expect(JSON.parse(await session.text())).toMatchObject({ t: "goaway" });
    await vi.advanceTimersByTimeAsync(1_900);
    send(session, { t: "ping", n: 1 });
    expect(JSON.parse(await session.text())).toEqual({ t: "pong", n: 1 });
    expect(JSON.parse(await session.text())).toEqual({ t: "ack", a: 1, but: [1] });
    await vi.advanceTimersByTimeAsync(200);
    expect(await session.closeFrame()).toEqual([1001, "shutting down"]);
    finish();
    closeClient(session);
    await closed;
    expect(log).toEqual(["work", "session ended"]);
  });

  test("drains once: a second close waits for the first", async () => {
    const { app } = createWorkApp();
    const server = await serve(app, { port: 0 });
    using session = await connectRawClient(server.port);
    await openSession(session);
    const closed = server.close({ drain: 60_000 });
    expect(server.close()).toBe(closed);
    expect(JSON.parse(await session.text())).toMatchObject({ t: "goaway" });
    closeClient(session);
    await closed;
  });

  test("may be a server of the app's own", async () => {
    const { app, clock } = createWorkApp();
    const own = createServer((_, outgoing) => outgoing.end("own"));
    const attached = attach(own, app);
    own.listen(0);
    await once(own, "listening");
    const { port } = own.address() as { port: number };
    using raw = await connectRawClient(port);
    await raw.open("/raw");
    const closed = attached.close({ drain: 60_000 });
    clock.advance(0);
    expect(await raw.closeFrame()).toEqual([1012, "shutting down"]);
    closeClient(raw);
    await closed;
    expect(own.listening).toBe(true);
    own.close();
    own.closeAllConnections();
  });
});

test("a client whose last frame is invalid does not keep a server from closing", async () => {
  const { app } = createWorkApp();
  const server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/raw");
  const closed = server.close();
  expect(await client.closeFrame()).toEqual([1001, "shutting down"]);
  client.write(rawFrame(opcodes.text, "unmasked", { masked: false }));
  await expect(closed).resolves.toBeUndefined();
});
