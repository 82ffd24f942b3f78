import { contract } from "@symbolon/protocol";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { identity } from "../../src/request/identity.ts";
import { Clock, testNetwork, type TestSocket } from "../../src/testing/index.ts";
import { frame, hello as first, knock } from "./frames.ts";
import { gate } from "../gate.ts";

const note = contract("/note", { client: { say: z.string() }, server: {} });
const hello = { ...first, w: 64, wb: 2 ** 20 };

/** Each token is `name:ms`: whose it is, and for how long from now. */
function serving(judge?: (token: string | undefined) => Promise<Response | undefined>) {
  const clock = new Clock();
  const app = createApp({ clock, heartbeat: { interval: 1e9, timeout: 1 }, onError: () => {} });
  const log: string[] = [];
  const judged = app.use(async ({ token }) => judge?.(token));
  const members = judged.use(async function* ({ token }) {
    const [name = "", ms] = String(token).split(":");
    log.push(`hook ${name}`);
    try {
      yield identity({ principal: name, expiresAt: ms ? clock.date + Number(ms) : undefined });
    } finally {
      log.push(`ended ${name}`);
    }
  });
  members.implement(note, (peer) => {
    log.push("setup");
    peer.subscribe(({ type: is }) => log.push(is));
    return { say: (text) => void log.push(text) };
  });
  members.ws("/raw", async (socket) => {
    for await (const _ of socket);
  });
  return { clock, log, app, net: testNetwork(app) };
}

type Serving = ReturnType<typeof serving>;

/** Opens a session with a token. */
async function enter({ net }: Serving, auth: string): Promise<TestSocket> {
  const socket = await knock(net, "/note", { ...hello, auth });
  expect(await frame(socket)).toMatchObject({ t: "welcome" });
  return socket;
}

/** Answers once it was asked. */
async function renew(socket: TestSocket, token: string): Promise<void> {
  expect(await frame(socket)).toMatchObject({ t: "reauth" });
  socket.send({ t: "auth", token });
  await new Promise(setImmediate);
}

describe("a credential that ends", () => {
  test.each([
    ["a minute before", 3_600_000, 3_540_000, 60_000],
    ["when four fifths of its life are over, if that is later", 100_000, 80_000, 20_000],
  ])("is asked for anew %s", async (_, life, wait, by) => {
    const serve = serving();
    await using socket = await enter(serve, `ada:${life}`);
    serve.clock.advance(wait - 1);
    socket.send({ t: "ping", n: 1 });
    expect(await frame(socket)).toEqual({ t: "pong", n: 1 });
    serve.clock.advance(1);
    expect(await frame(socket)).toEqual({ t: "reauth", by });
  });

  test("is followed by a fresh one, for which hooks run again, and what they provide is ended at once", async () => {
    const serve = serving();
    await using socket = await enter(serve, "ada:100000");
    serve.clock.advance(80_000);
    await renew(socket, "ada:200000");
    expect(serve.log).toEqual(["hook ada", "setup", "hook ada", "ended ada"]);
    serve.clock.advance(159_999);
    socket.send({ t: "ping", n: 1 });
    expect(await frame(socket)).toEqual({ t: "pong", n: 1 });
    serve.clock.advance(1);
    expect(await frame(socket)).toEqual({ t: "reauth", by: 40_000 });
  });

  test("may be followed by one that does not end", async () => {
    const serve = serving();
    await using socket = await enter(serve, "ada:100000");
    serve.clock.advance(80_000);
    await renew(socket, "ada");
    serve.clock.advance(1e9);
    socket.send({ t: "ping", n: 1 });
    expect(await frame(socket)).toEqual({ t: "pong", n: 1 });
  });

  test("S30 › closes with 4401 when none has come 5 s after its end, and the session waits", async () => {
    const serve = serving();
    await using socket = await enter(serve, "ada:100000");
    serve.clock.advance(80_000);
    await frame(socket);
    serve.clock.advance(24_999);
    socket.send({ t: "event", name: "say", data: "still here", s: 1 });
    await new Promise(setImmediate);
    serve.clock.advance(1);
    socket.send({ t: "event", name: "say", data: "too late", s: 2 });
    expect(await socket.closed).toMatchObject({ code: 4401, reason: "the credential has ended" });
    expect(serve.log).toEqual(["hook ada", "setup", "still here", "parked"]);
  });

  test("is not waited for while the client is away; the one it comes back with counts", async () => {
    const serve = serving();
    const socket = await knock(serve.net, "/note", { ...hello, auth: "ada:100000" });
    const { sid, rt, ep } = (await frame(socket)) as { sid: string; rt: string; ep: string };
    socket.close(1001);
    await new Promise(setImmediate);
    serve.clock.advance(90_000);
    const resume = { sid, rt, ep, rx: 0, tx0: 1 };
    await using back = await knock(serve.net, "/note", { ...hello, att: 2, auth: "ada:50000", resume });
    expect(await frame(back)).toMatchObject({ t: "welcome", state: "resumed" });
    serve.clock.advance(40_000);
    expect(await frame(back)).toEqual({ t: "reauth", by: 10_000 });
  });

  test("that has ended already is none", async () => {
    const serve = serving();
    const socket = await knock(serve.net, "/note", { ...hello, auth: "ada:0" });
    expect(await socket.closed).toMatchObject({ code: 4401, reason: "The credential has expired" });
    expect((await serve.net.refused("/note", { auth: "ada:0" })).status).toBe(401);
    expect((await serve.net.refused("/raw", { auth: "ada:-1" })).status).toBe(401);
    expect(serve.log).not.toContain("setup");
  });

  test.each(["/note", "/raw"])("ends a client of %s that knows no session", async (path) => {
    const serve = serving();
    await using socket = await serve.net.connect(path, { auth: "ada:100000" });
    serve.clock.advance(99_999);
    await new Promise(setImmediate);
    expect(socket.signal.aborted).toBe(false);
    serve.clock.advance(1);
    expect(await socket.closed).toMatchObject({ code: 4401, reason: "the credential has expired" });
    await serve.net.settled();
    expect(serve.log.at(-1)).toBe("ended ada");
  });
});

describe("a fresh credential", () => {
  test("S30 › of somebody else closes with 4403, and the session ends", async () => {
    const serve = serving();
    await using socket = await enter(serve, "ada:100000");
    serve.clock.advance(80_000);
    await renew(socket, "eve:100000");
    expect(await socket.closed).toMatchObject({ code: 4403, reason: "this is another's credential" });
    await serve.net.settled();
    expect(serve.log).toEqual(["hook ada", "setup", "hook eve", "ended eve", "ended", "ended ada"]);
  });

  test.each([
    [403, "ended"],
    [401, "parked"],
    [500, "parked"],
  ])("that hooks refuse with %i closes with 4000 more, and the session is %s", async (status, is) => {
    const serve = serving(async (token) =>
      token === "bad" ? new Response("no longer", { status }) : undefined,
    );
    await using socket = await enter(serve, "ada:100000");
    serve.clock.advance(80_000);
    await renew(socket, "bad");
    expect(await socket.closed).toMatchObject({ code: 4000 + status, reason: "no longer" });
    await new Promise(setImmediate);
    expect(serve.log).toContain(is);
  });

  test("that hooks take too long to judge closes with 4503, and not before, though the old one ends meanwhile", async () => {
    const asked = gate();
    const serve = serving(async (token) => {
      if (token !== "slow") return undefined;
      asked.open();
      return new Promise(() => {});
    });
    await using socket = await enter(serve, "ada:10000");
    serve.clock.advance(9_000);
    await renew(socket, "slow");
    await asked.passed;
    serve.clock.advance(9_999);
    await new Promise(setImmediate);
    expect(socket.signal.aborted).toBe(false);
    serve.clock.advance(1);
    expect(await socket.closed).toMatchObject({ code: 4503 });
  });

  test("that nobody asked for is not looked at", async () => {
    const serve = serving();
    await using socket = await enter(serve, "ada:100000");
    socket.send({ t: "auth", token: "eve:100000" });
    socket.send({ t: "ping", n: 1 });
    expect(await frame(socket)).toEqual({ t: "pong", n: 1 });
    await new Promise(setImmediate);
    expect(serve.log).toEqual(["hook ada", "setup"]);
  });

  test("that is judged after the client has come back on another wire changes nothing", async () => {
    const asked = gate();
    const decided = gate();
    const serve = serving(async (token) => {
      if (token !== "late") return undefined;
      asked.open();
      await decided.passed;
      return new Response("no", { status: 403 });
    });
    const socket = await knock(serve.net, "/note", { ...hello, auth: "ada:100000" });
    const { sid, rt, ep } = (await frame(socket)) as { sid: string; rt: string; ep: string };
    serve.clock.advance(80_000);
    await renew(socket, "late");
    await asked.passed;
    const resume = { sid, rt, ep, rx: 0, tx0: 1 };
    await using back = await knock(serve.net, "/note", { ...hello, att: 2, auth: "ada:100000", resume });
    expect(await frame(back)).toMatchObject({ t: "welcome", state: "resumed" });
    decided.open();
    await new Promise(setImmediate);
    back.send({ t: "ping", n: 1 });
    expect(await frame(back)).toEqual({ t: "pong", n: 1 });
  });
});
