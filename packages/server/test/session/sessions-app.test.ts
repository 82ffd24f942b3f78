import { once } from "node:events";
import { contract } from "@symbolon/protocol";
import { SUBPROTOCOL, type Welcome } from "@symbolon/protocol/internal";
import { serve } from "@symbolon/server/node";
import { describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { createApp } from "../../src/app/app.ts";
import { memoryStore } from "../../src/store/memory-store.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { hello, knock } from "./frames.ts";
import { gate } from "../gate.ts";
import { opcodes, connectRawClient, rawFrame } from "../node/raw-client.ts";
import { confirmed, dial, lose, resuming, saying, talking } from "../contract/talk.ts";

describe("a peer", () => {
  test("is the same until the session ends; then its signal aborts, and it is closed", async () => {
    const { net, peers, clock, changes } = talking({}, { sessions: { grace: 1_000 } });
    const { socket, welcome } = await confirmed(net);
    const [peer] = peers;
    expect(peer?.id).toBe(welcome.sid);
    await lose(net, socket);
    const again = await dial(net, resuming(welcome));
    expect(peers).toHaveLength(1);
    peer?.send("said", "a");
    await lose(net, again.socket);
    expect(peer?.signal.aborted).toBe(false);
    peer?.send("said", "b");
    clock.advance(1_000);
    expect(await peer?.closed).toMatchObject({ code: 4902, wasClean: false });
    expect(peer?.signal.aborted).toBe(true);
    expect(changes).toEqual([
      { type: "parked" },
      { type: "resumed" },
      { type: "parked" },
      { type: "ended", undelivered: 2 },
    ]);
  });

  test("is watched until that is undone, and a watcher that fails harms nobody: the app is told", async () => {
    const { net, peers, onError, changes } = talking();
    const { socket, welcome } = await dial(net);
    const seen = vi.fn();
    const undo = peers[0]?.subscribe(seen);
    peers[0]?.subscribe(() => {
      throw new Error("broken watcher");
    });
    const later: () => unknown = () => Promise.reject(new Error("broken later"));
    peers[0]?.subscribe(later);
    const last = vi.fn();
    peers[0]?.subscribe(last);
    await lose(net, socket);
    undo?.();
    const again = await dial(net, resuming(welcome));
    expect(seen).toHaveBeenCalledExactlyOnceWith({ type: "parked" });
    expect(last.mock.calls).toEqual([[{ type: "parked" }], [{ type: "resumed" }]]);
    expect(changes).toEqual([{ type: "parked" }, { type: "resumed" }]);
    expect(onError.mock.calls.map(([error]) => (error as Error).message).sort()).toEqual([
      "broken later",
      "broken later",
      "broken watcher",
      "broken watcher",
    ]);
    again.socket.close();
  });

  test("of a plain client is told of the end alone", async () => {
    const { net, changes } = talking();
    const socket = await net.connect("/talk");
    socket.close(1001, "");
    await net.settled();
    expect(changes).toEqual([{ type: "ended", undelivered: 0 }]);
  });
});

describe("when a session ends", () => {
  test("a handler that waits for its client has not failed: the app is told nothing", async () => {
    const asked: unknown[] = [];
    const { net, onError } = talking({
      say: (text, peer) =>
        text === "say"
          ? peer.send("said", text)
          : peer.request("ask", text).catch((error: unknown) => {
              asked.push(error);
              throw error;
            }),
    });
    for (const [at, text] of ["say", "ask"].entries()) {
      const { socket } = await dial(net, { ...hello, cid: text });
      socket.send(saying(1, text, at + 1));
      await socket.receive();
      socket.close(1000, "");
      await net.settled();
    }
    expect(asked).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    expect(onError).not.toHaveBeenCalled();
  });

  test("its client is set up anew when the last of it is over", async () => {
    const last = gate();
    const log: string[] = [];
    const { clock, app } = talking({}, { sessions: { grace: 1_000 } });
    app.implement(contract("/slow", {}), async function* () {
      log.push("setup");
      yield {};
      await last.passed;
      log.push("over");
    });
    const net = testNetwork(app);
    const socket = await knock(net, "/slow");
    const welcome = JSON.parse(String(await socket.receive())) as Welcome;
    await lose(net, socket);
    clock.advance(1_000);
    const again = await knock(net, "/slow", resuming(welcome));
    await new Promise(setImmediate);
    expect(log).toEqual(["setup"]);
    last.open();
    expect(JSON.parse(String(await again.receive()))).toMatchObject({ state: "reset", why: "unknown" });
    expect(log).toEqual(["setup", "over", "setup"]);
    again.close();
  });

  test("before it is welcomed, a store keeps nothing of it", async () => {
    const store = memoryStore();
    const reached = gate();
    const { net, log } = talking({ before: (peer) => (reached.open(), peer.closed) }, { store });
    const socket = await knock(net, "/talk");
    await reached.passed;
    net.drop();
    await socket.closed;
    await net.settled();
    expect(log).toEqual(["hook", "setup", "finally", "hook ends"]);
    expect(await store.sessions.list()).toEqual([]);
  });
});

describe("a server that leaves", () => {
  test("ends every session with 1001, those whose clients are away too", async () => {
    const { app, net, log, peers } = talking();
    const { socket: here } = await dial(net, { ...hello, cid: "here" });
    const { socket: away } = await dial(net, { ...hello, cid: "away" });
    await lose(net, away);
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
    const { app, log } = talking();
    const outer = createApp();
    outer.mount("/v1", app);
    const net = testNetwork(outer);
    const socket = await knock(net, "/v1/talk");
    await socket.receive();
    await lose(net, socket);
    await outer.end();
    expect(log).toEqual(["hook", "setup", "finally", "hook ends"]);
  });

  test("closes promptly though clients are away, when what they began is over", async () => {
    const { app, log } = talking();
    const server = await serve(app, { port: 0, host: "127.0.0.1" });
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/talk`, [SUBPROTOCOL]);
    await once(socket, "open");
    socket.send(JSON.stringify(hello));
    await once(socket, "message");
    socket.close(3_000, "away");
    await once(socket, "close");
    await server.close();
    expect(log).toEqual(["hook", "setup", "finally", "hook ends"]);
  });
});

test("a client that says hello to a server which is closing has no session when that is closed", async () => {
  const { app, log } = talking();
  const server = await serve(app, { port: 0, host: "127.0.0.1" });
  using client = await connectRawClient(server.port);
  await client.open("/talk", { "Sec-WebSocket-Protocol": SUBPROTOCOL });
  const closed = server.close();
  await client.closeFrame();
  client.write(rawFrame(opcodes.text, JSON.stringify(hello)));
  await vi.waitFor(() => expect(log).toContain("setup"));
  client.reset();
  await closed;
  expect(log).toEqual(["hook", "setup", "finally", "hook ends"]);
});

test("settled does not wait for clients that are away", async () => {
  const { net, log } = talking();
  const { socket } = await dial(net);
  socket.close(1001, "");
  await net.settled();
  expect(log).toEqual(["hook", "setup"]);
});
