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
import { gate, opcodes, rawClient, type RawClient, rawFrame } from "./raw-client.ts";

afterEach(() => void vi.useRealTimers());

const work = contract("/work", { client: { do: z.string() }, server: {} });
const hello = { ...first, w: 64, wb: 2 ** 20 };

function serving() {
  const clock = new Clock();
  const began = gate();
  const finish = gate();
  const log: string[] = [];
  const app = createApp({ clock });
  app.http("/", () => new Response("here"));
  app.ws("/raw", async (socket) => {
    for await (const _ of socket);
    log.push("raw ended");
  });
  app.implement(work, async function* () {
    yield {
      do: async (what) => {
        began.pass();
        await finish.passed;
        log.push(what);
      },
    };
    log.push("session ended");
  });
  return { app, clock, log, began: began.passed, finish: finish.pass };
}

const say = (client: RawClient, said: object): void =>
  client.write(rawFrame(opcodes.text, JSON.stringify(said)));

async function enter(client: RawClient): Promise<void> {
  await client.open("/work", { "Sec-WebSocket-Protocol": SUBPROTOCOL });
  say(client, hello);
  expect(JSON.parse(await client.text())).toMatchObject({ t: "welcome" });
}

/** Closes as a client does that has gone elsewhere. */
const leave = (client: RawClient): void => client.write(rawFrame(opcodes.close, Buffer.from([0x03, 0xe9])));

describe("a server that drains", () => {
  test("S8 › refuses newcomers with 503, answers HTTP, and closes as soon as everyone has left", async () => {
    const { app, clock, log } = serving();
    const server = await serve(app, { port: 0 });
    using session = await rawClient(server.port);
    using raw = await rawClient(server.port);
    await enter(session);
    await raw.open("/raw");
    const closed = server.close({ drain: 60_000 });
    expect(JSON.parse(await session.text())).toEqual({ t: "goaway", at: 0, why: "shutting down" });
    using late = await rawClient(server.port);
    expect((await late.open("/raw")).status).toBe(503);
    expect(await (await fetch(server.url)).text()).toBe("here");
    clock.advance(24_000);
    expect(await raw.close()).toEqual([1012, "shutting down"]);
    leave(raw);
    leave(session);
    await closed;
    expect(log.sort()).toEqual(["raw ended", "session ended"]);
    await expect(fetch(server.url)).rejects.toThrow("fetch failed");
  });

  test("closes with 1001 who is still there when the time is over, and lets handlers finish", async () => {
    const { app, log, began, finish } = serving();
    const server = await serve(app, { port: 0 });
    using session = await rawClient(server.port);
    await enter(session);
    say(session, { t: "event", name: "do", data: "work", s: 1 });
    await began;
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    const closed = server.close({ drain: 2_000 });
    expect(JSON.parse(await session.text())).toMatchObject({ t: "goaway" });
    await vi.advanceTimersByTimeAsync(1_900);
    say(session, { t: "ping", n: 1 });
    expect(JSON.parse(await session.text())).toEqual({ t: "pong", n: 1 });
    expect(JSON.parse(await session.text())).toEqual({ t: "ack", a: 1, but: [1] });
    await vi.advanceTimersByTimeAsync(200);
    expect(await session.close()).toEqual([1001, "shutting down"]);
    finish();
    leave(session);
    await closed;
    expect(log).toEqual(["work", "session ended"]);
  });

  test("is drained once, whoever else closes it meanwhile", async () => {
    const { app } = serving();
    const server = await serve(app, { port: 0 });
    using session = await rawClient(server.port);
    await enter(session);
    const closed = server.close({ drain: 60_000 });
    expect(server.close()).toBe(closed);
    expect(JSON.parse(await session.text())).toMatchObject({ t: "goaway" });
    leave(session);
    await closed;
  });

  test("may be one's own", async () => {
    const { app, clock } = serving();
    const own = createServer((_, outgoing) => outgoing.end("own"));
    const attached = attach(own, app);
    own.listen(0);
    await once(own, "listening");
    const { port } = own.address() as { port: number };
    using raw = await rawClient(port);
    await raw.open("/raw");
    const closed = attached.close({ drain: 60_000 });
    clock.advance(0);
    expect(await raw.close()).toEqual([1012, "shutting down"]);
    leave(raw);
    await closed;
    expect(own.listening).toBe(true);
    own.close();
    own.closeAllConnections();
  });
});

test("a client whose last words are no frame does not keep a server from closing", async () => {
  const { app } = serving();
  const server = await serve(app, { port: 0 });
  using client = await rawClient(server.port);
  await client.open("/raw");
  const closed = server.close();
  expect(await client.close()).toEqual([1001, "shutting down"]);
  client.write(rawFrame(opcodes.text, "unmasked", { masked: false }));
  await expect(closed).resolves.toBeUndefined();
});
