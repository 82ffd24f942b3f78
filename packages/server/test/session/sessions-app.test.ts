import { once } from "node:events";
import { contract } from "@symbolon/protocol";
import { SUBPROTOCOL, type WelcomeFrame } from "@symbolon/protocol/internal";
import { serve } from "@symbolon/server/node";
import { describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { createApp } from "../../src/app/app.ts";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { hello, connectSession, keyOf, peerIdOf } from "./connect-session.ts";
import { gate } from "../gate.ts";
import { opcodes, connectRawClient, rawFrame } from "../node/raw-client.ts";
import {
  connectConfirmed,
  connectNotes,
  loseConnection,
  resumeHello,
  postFrame,
  startNotesServer,
} from "../contract/notes-server.ts";
import { waitOptions } from "../../../../test/time-limits.ts";

describe("a peer", () => {
  test("stays the same until the session ends; then its signal aborts, and `closed` resolves", async () => {
    const { net, peers, clock, changes } = startNotesServer({}, { sessions: { grace: 1_000 } });
    const { socket, welcome } = await connectConfirmed(net);
    const [peer] = peers;
    expect(peer?.id).toBe(peerIdOf(welcome.sid));
    await loseConnection(net, socket);
    const again = await connectNotes(net, resumeHello(welcome));
    expect(peers).toHaveLength(1);
    peer?.send("posted", "a");
    await loseConnection(net, again.socket);
    expect(peer?.signal.aborted).toBe(false);
    peer?.send("posted", "b");
    clock.advance(1_000);
    expect(await peer?.closed).toMatchObject({ code: 4902, wasClean: false });
    expect(peer?.signal.aborted).toBe(true);
    expect(changes).toEqual([
      { type: "detached" },
      { type: "resumed" },
      { type: "detached" },
      { type: "ended", undelivered: 2 },
    ]);
  });

  test("calls a subscriber until it unsubscribes; one that throws affects no other, and is reported", async () => {
    const { net, peers, onError, changes } = startNotesServer();
    const { socket, welcome } = await connectNotes(net);
    const first = vi.fn();
    const unsubscribe = peers[0]?.subscribe(first);
    peers[0]?.subscribe(() => {
      throw new Error("broken now");
    });
    const later: () => unknown = () => Promise.reject(new Error("broken later"));
    peers[0]?.subscribe(later);
    const last = vi.fn();
    peers[0]?.subscribe(last);
    await loseConnection(net, socket);
    unsubscribe?.();
    const again = await connectNotes(net, resumeHello(welcome));
    expect(first).toHaveBeenCalledExactlyOnceWith({ type: "detached" });
    expect(last.mock.calls).toEqual([[{ type: "detached" }], [{ type: "resumed" }]]);
    expect(changes).toEqual([{ type: "detached" }, { type: "resumed" }]);
    expect(onError.mock.calls.map(([error]) => (error as Error).message).sort()).toEqual([
      "broken later",
      "broken later",
      "broken now",
      "broken now",
    ]);
    again.socket.close();
  });

  test("of a plain client reports the end alone", async () => {
    const { net, changes } = startNotesServer();
    const socket = await net.connect("/notes");
    socket.close(1001, "");
    await net.settled();
    expect(changes).toEqual([{ type: "ended", undelivered: 0 }]);
  });
});

describe("when a session ends", () => {
  test("a handler that waits for its client has not failed, so nothing is reported", async () => {
    const asked: unknown[] = [];
    const { net, onError } = startNotesServer({
      post: (text, peer) =>
        text === "post"
          ? peer.send("posted", text)
          : peer.request("ask", text).catch((error: unknown) => {
              asked.push(error);
              throw error;
            }),
    });
    for (const [at, text] of ["post", "ask"].entries()) {
      const { socket } = await connectNotes(net, { ...hello, key: keyOf(text) });
      socket.send(postFrame(1, text, at + 1));
      await socket.receive();
      socket.close(1000, "");
      await net.settled();
    }
    expect(asked).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    expect(onError).not.toHaveBeenCalled();
  });

  test("the setup for the client's next session runs when the old one has ended", async () => {
    const last = gate();
    const log: string[] = [];
    const { clock, app } = startNotesServer({}, { sessions: { grace: 1_000 } });
    app.implement(contract("/slow", {}), async function* () {
      log.push("setup");
      yield {};
      await last.passed;
      log.push("ended");
    });
    const net = testNetwork(app);
    const socket = await connectSession(net, "/slow");
    const welcome = JSON.parse(String(await socket.receive())) as WelcomeFrame;
    await loseConnection(net, socket);
    clock.advance(1_000);
    const again = await connectSession(net, "/slow", resumeHello(welcome));
    await new Promise(setImmediate);
    expect(log).toEqual(["setup"]);
    last.open();
    expect(JSON.parse(String(await again.receive()))).toMatchObject({ state: "reset", why: "unknown" });
    expect(log).toEqual(["setup", "ended", "setup"]);
    again.close();
  });

  test("before its welcome, a store keeps nothing of it", async () => {
    const store = memoryStore();
    const reached = gate();
    const { net, log } = startNotesServer({ before: (peer) => (reached.open(), peer.closed) }, { store });
    const socket = await connectSession(net, "/notes");
    await reached.passed;
    net.drop();
    await socket.closed;
    await net.settled();
    expect(log).toEqual(["hook", "setup", "finally", "hook ends"]);
    expect(await store.sessions.list()).toEqual([]);
  });
});

describe("a server that shuts down", () => {
  test("ends every session with 1001, connected and detached", async () => {
    const { app, net, log, peers } = startNotesServer();
    const { socket: here } = await connectNotes(net, { ...hello, key: keyOf("here") });
    const { socket: away } = await connectNotes(net, { ...hello, key: keyOf("away") });
    await loseConnection(net, away);
    await app.end();
    expect(await here.closed).toMatchObject({ code: 1001, reason: "shutting down" });
    expect(await Promise.all(peers.map(({ closed }) => closed))).toMatchObject([
      { code: 1001 },
      { code: 1001 },
    ]);
    expect(log.filter((what) => what === "finally")).toHaveLength(2);
    expect(log.filter((what) => what === "hook ends")).toHaveLength(2);
  });

  test("ends those of mounted apps", async () => {
    const { app, log } = startNotesServer();
    const outer = createApp();
    outer.mount("/v1", app);
    const net = testNetwork(outer);
    const socket = await connectSession(net, "/v1/notes");
    await socket.receive();
    await loseConnection(net, socket);
    await outer.end();
    expect(log).toEqual(["hook", "setup", "finally", "hook ends"]);
  });

  test("closes at once though sessions are detached, when their code has ended", async () => {
    const { app, log } = startNotesServer();
    const server = await serve(app, { port: 0, host: "127.0.0.1" });
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/notes`, [SUBPROTOCOL]);
    await once(socket, "open");
    socket.send(JSON.stringify(hello));
    await once(socket, "message");
    socket.close(3_000, "away");
    await once(socket, "close");
    await server.close();
    expect(log).toEqual(["hook", "setup", "finally", "hook ends"]);
  });
});

test("a client that sends hello to a server while it closes has no session after that", async () => {
  const { app, log } = startNotesServer();
  const server = await serve(app, { port: 0, host: "127.0.0.1" });
  using client = await connectRawClient(server.port);
  await client.open("/notes", { "Sec-WebSocket-Protocol": SUBPROTOCOL });
  const closed = server.close();
  await client.closeFrame();
  client.write(rawFrame(opcodes.text, JSON.stringify(hello)));
  await vi.waitFor(() => expect(log).toContain("setup"), waitOptions);
  client.reset();
  await closed;
  expect(log).toEqual(["hook", "setup", "finally", "hook ends"]);
});

test("settled does not wait for disconnected clients", async () => {
  const { net, log } = startNotesServer();
  const { socket } = await connectNotes(net);
  socket.close(1001, "");
  await net.settled();
  expect(log).toEqual(["hook", "setup"]);
});
