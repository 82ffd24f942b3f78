import { contract } from "@symbolon/protocol";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { identity } from "../../src/request/identity.ts";
import { Clock, testNetwork, type TestSocket } from "../../src/testing/index.ts";
import { receiveFrame, hello as first, connectSession } from "./connect-session.ts";
import { flushPromises } from "../flush-promises.ts";
import { gate } from "../gate.ts";

const note = contract("/note", { client: { post: z.string() }, server: {} });
const hello = { ...first, w: 64, wb: 2 ** 20 };

/** Starts a server whose tokens are `name:ms`: the principal, and when the token expires, in ms from now. */
function startNoteServer(check?: (token: string | undefined) => Promise<Response | undefined>) {
  const clock = new Clock();
  const app = createApp({ clock, heartbeat: { interval: 1e9, timeout: 1 }, onError: () => {} });
  const log: string[] = [];
  const checked = app.group(async ({ token }) => check?.(token));
  const members = checked.group(async function* ({ token }) {
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
    peer.subscribe(({ type }) => log.push(type));
    return { post: (text) => void log.push(text) };
  });
  members.ws("/raw", async (socket) => {
    for await (const _ of socket);
  });
  return { clock, log, app, net: testNetwork(app) };
}

type NoteServer = ReturnType<typeof startNoteServer>;

/** Opens a session with a token. */
async function openNoteSession({ net }: NoteServer, auth: string): Promise<TestSocket> {
  const socket = await connectSession(net, "/note", { ...hello, auth });
  expect(await receiveFrame(socket)).toMatchObject({ t: "welcome" });
  return socket;
}

/** Waits until the server asks for a token, and sends one. */
async function sendNewToken(socket: TestSocket, token: string): Promise<void> {
  expect(await receiveFrame(socket)).toMatchObject({ t: "reauth" });
  socket.send({ t: "auth", token });
  await flushPromises();
}

describe("a token that expires", () => {
  test.each([
    ["a minute before it expires", 3_600_000, 3_540_000, 60_000],
    ["after four fifths of its life, if that is later", 100_000, 80_000, 20_000],
  ])("is renewed %s", async (_, life, wait, by) => {
    const server = startNoteServer();
    await using socket = await openNoteSession(server, `ada:${life}`);
    server.clock.advance(wait - 1);
    socket.send({ t: "ping", n: 1 });
    expect(await receiveFrame(socket)).toEqual({ t: "pong", n: 1 });
    server.clock.advance(1);
    expect(await receiveFrame(socket)).toEqual({ t: "reauth", by });
  });

  test("is replaced by a new one, for which hooks run again and end at once", async () => {
    const server = startNoteServer();
    await using socket = await openNoteSession(server, "ada:100000");
    server.clock.advance(80_000);
    await sendNewToken(socket, "ada:200000");
    expect(server.log).toEqual(["hook ada", "setup", "hook ada", "ended ada", "renewed"]);
    server.clock.advance(159_999);
    socket.send({ t: "ping", n: 1 });
    expect(await receiveFrame(socket)).toEqual({ t: "pong", n: 1 });
    server.clock.advance(1);
    expect(await receiveFrame(socket)).toEqual({ t: "reauth", by: 40_000 });
  });

  test("may be replaced by one that does not expire", async () => {
    const server = startNoteServer();
    await using socket = await openNoteSession(server, "ada:100000");
    server.clock.advance(80_000);
    await sendNewToken(socket, "ada");
    server.clock.advance(1e9);
    socket.send({ t: "ping", n: 1 });
    expect(await receiveFrame(socket)).toEqual({ t: "pong", n: 1 });
  });

  // S30
  test("closes with 4401 when no new one has arrived 5 s after it expired, and the session is detached", async () => {
    const server = startNoteServer();
    await using socket = await openNoteSession(server, "ada:100000");
    server.clock.advance(80_000);
    await receiveFrame(socket);
    server.clock.advance(24_999);
    socket.send({ t: "event", name: "post", data: "still here", s: 1 });
    await flushPromises();
    server.clock.advance(1);
    socket.send({ t: "event", name: "post", data: "too late", s: 2 });
    expect(await socket.closed).toMatchObject({ code: 4401, reason: "credential expired" });
    expect(server.log).toEqual(["hook ada", "setup", "still here", "detached"]);
  });

  test("is not renewed while the client is disconnected; the client reconnects with another one", async () => {
    const server = startNoteServer();
    const socket = await connectSession(server.net, "/note", { ...hello, auth: "ada:100000" });
    const { sid, rt, ep } = (await receiveFrame(socket)) as { sid: string; rt: string; ep: string };
    socket.close(1001);
    await flushPromises();
    server.clock.advance(90_000);
    const resume = { sid, rt, ep, rx: 0, tx0: 1 };
    await using back = await connectSession(server.net, "/note", {
      ...hello,
      att: 2,
      auth: "ada:50000",
      resume,
    });
    expect(await receiveFrame(back)).toMatchObject({ t: "welcome", state: "resumed" });
    server.clock.advance(40_000);
    expect(await receiveFrame(back)).toEqual({ t: "reauth", by: 10_000 });
  });

  test("that has expired already is refused", async () => {
    const server = startNoteServer();
    const socket = await connectSession(server.net, "/note", { ...hello, auth: "ada:0" });
    expect(await socket.closed).toMatchObject({ code: 4401, reason: "credential expired" });
    expect((await server.net.refused("/note", { auth: "ada:0" })).status).toBe(401);
    expect((await server.net.refused("/raw", { auth: "ada:-1" })).status).toBe(401);
    expect(server.log).not.toContain("setup");
  });

  test.each(["/note", "/raw"])("ends a connection to %s that has no session", async (path) => {
    const server = startNoteServer();
    await using socket = await server.net.connect(path, { auth: "ada:100000" });
    server.clock.advance(99_999);
    await flushPromises();
    expect(socket.signal.aborted).toBe(false);
    server.clock.advance(1);
    expect(await socket.closed).toMatchObject({ code: 4401, reason: "credential expired" });
    await server.net.settled();
    expect(server.log.at(-1)).toBe("ended ada");
  });
});

describe("a new token", () => {
  // S30
  test("of another principal closes with 4403, and the session ends", async () => {
    const server = startNoteServer();
    await using socket = await openNoteSession(server, "ada:100000");
    server.clock.advance(80_000);
    await sendNewToken(socket, "eve:100000");
    expect(await socket.closed).toMatchObject({
      code: 4403,
      reason: "the credential belongs to another principal",
    });
    await server.net.settled();
    expect(server.log).toEqual(["hook ada", "setup", "hook eve", "ended eve", "ended", "ended ada"]);
  });

  test.each([
    [403, "ended"],
    [401, "detached"],
    [500, "detached"],
  ])(
    "that hooks refuse with %i closes with that plus 4000, and the session is %s",
    async (status, change) => {
      const server = startNoteServer(async (token) =>
        token === "bad" ? new Response("no longer", { status }) : undefined,
      );
      await using socket = await openNoteSession(server, "ada:100000");
      server.clock.advance(80_000);
      await sendNewToken(socket, "bad");
      expect(await socket.closed).toMatchObject({ code: 4000 + status, reason: "no longer" });
      await flushPromises();
      expect(server.log).toContain(change);
    },
  );

  test("for which hooks take too long closes with 4503, and not before, though the old one expires meanwhile", async () => {
    const asked = gate();
    const server = startNoteServer(async (token) => {
      if (token !== "slow") return undefined;
      asked.open();
      return new Promise(() => {});
    });
    await using socket = await openNoteSession(server, "ada:10000");
    server.clock.advance(9_000);
    await sendNewToken(socket, "slow");
    await asked.passed;
    server.clock.advance(9_999);
    await flushPromises();
    expect(socket.signal.aborted).toBe(false);
    server.clock.advance(1);
    expect(await socket.closed).toMatchObject({ code: 4503 });
  });

  test("that the server did not ask for is ignored", async () => {
    const server = startNoteServer();
    await using socket = await openNoteSession(server, "ada:100000");
    socket.send({ t: "auth", token: "eve:100000" });
    socket.send({ t: "ping", n: 1 });
    expect(await receiveFrame(socket)).toEqual({ t: "pong", n: 1 });
    await flushPromises();
    expect(server.log).toEqual(["hook ada", "setup"]);
  });

  test("that is refused after the client has reconnected changes nothing", async () => {
    const asked = gate();
    const decided = gate();
    const server = startNoteServer(async (token) => {
      if (token !== "late") return undefined;
      asked.open();
      await decided.passed;
      return new Response("no", { status: 403 });
    });
    const socket = await connectSession(server.net, "/note", { ...hello, auth: "ada:100000" });
    const { sid, rt, ep } = (await receiveFrame(socket)) as { sid: string; rt: string; ep: string };
    server.clock.advance(80_000);
    await sendNewToken(socket, "late");
    await asked.passed;
    const resume = { sid, rt, ep, rx: 0, tx0: 1 };
    await using back = await connectSession(server.net, "/note", {
      ...hello,
      att: 2,
      auth: "ada:100000",
      resume,
    });
    expect(await receiveFrame(back)).toMatchObject({ t: "welcome", state: "resumed" });
    decided.open();
    await flushPromises();
    back.send({ t: "ping", n: 1 });
    expect(await receiveFrame(back)).toEqual({ t: "pong", n: 1 });
  });
});
