import { once } from "node:events";
import { CloseError, contract, Mailbox, SUBPROTOCOL, type Welcome } from "@symbolon/protocol";
import { serve } from "@symbolon/server/node";
import { describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { createApp } from "../src/app.ts";
import type { HookContext } from "../src/context.ts";
import { memoryStore } from "../src/memory-store.ts";
import { testClient } from "../src/testing.ts";
import { frame, hello, knock } from "./frames.ts";
import { gate } from "./gate.ts";
import { confirmed, dial, lose, resuming, said, saying, talk, talking } from "./talk.ts";

describe("while a client is away", () => {
  test("its handlers go on, and what they answer is there when it returns", async () => {
    const answer = gate();
    const { net } = talking({ ask: (text) => answer.passed.then(() => `${text}!`) });
    const { socket, welcome } = await dial(net);
    socket.send('{"s":1,"t":"request","q":1,"name":"ask","data":"a"}');
    await lose(net, socket);
    answer.open();
    await new Promise(setImmediate);
    const again = await dial(net, resuming(welcome));
    expect(again.welcome).toMatchObject({ state: "resumed", rx: 1 });
    const heard = [await again.socket.receive(), await again.socket.receive()];
    expect(heard).toContain('{"s":1,"t":"reply","data":"a!","re":1}');
    expect(heard).toContain('{"t":"ack","a":1}');
    again.socket.close();
  });

  test("a stream goes on as far as its credit, and then where it was", async () => {
    const { net } = talking();
    const { socket, welcome } = await dial(net);
    socket.send('{"s":1,"t":"stream","q":1,"name":"count","data":20}');
    expect(await frame(socket)).toEqual({ t: "next", data: 1, re: 1 });
    await lose(net, socket);
    const { socket: again } = await dial(net, resuming(welcome, { rx: 1 }));
    const items: unknown[] = [];
    const hear = async (upTo: number): Promise<void> => {
      while (items.length < upTo) items.push(await frame(again));
    };
    await hear(15);
    again.send('{"t":"ping","n":1}');
    expect(await frame(again)).toEqual({ t: "pong", n: 1 }); // and no item more
    again.send('{"s":2,"t":"credit","q":1,"n":32,"b":1000000}');
    await hear(20);
    const rest = Array.from({ length: 19 }, (_, n) => ({ t: "next", data: n + 2, re: 1 }));
    expect(items).toEqual([...rest, { t: "end", re: 1 }]);
    again.close();
  });

  test("what the server asks is asked when it is back", async () => {
    const { net, peers } = talking();
    const { socket, welcome } = await dial(net);
    await lose(net, socket);
    const answer = peers[0]?.request("ask", "who?");
    const again = await dial(net, resuming(welcome));
    expect(await again.socket.receive()).toBe('{"s":1,"t":"request","q":1,"name":"ask","data":"who?"}');
    again.socket.send('{"s":1,"t":"reply","re":1,"data":"me"}');
    expect(await answer).toBe("me");
    again.socket.close();
  });

  test("an event that is awaited waits for it", async () => {
    const { net, peers } = talking();
    const { socket, welcome } = await dial(net);
    await lose(net, socket);
    const outcome = vi.fn();
    const sent = peers[0]?.send("said", "a").then(outcome);
    const again = await dial(net, resuming(welcome));
    expect(await again.socket.receive()).toBe(said(1, "a"));
    expect(outcome).not.toHaveBeenCalled();
    again.socket.send('{"t":"ack","a":1}');
    await sent;
    again.socket.close();
  });

  test("a volatile event is dropped", async () => {
    const { net, peers } = talking();
    const { socket, welcome } = await dial(net);
    await lose(net, socket);
    await expect(peers[0]?.send("said", "a", { volatile: true })).rejects.toMatchObject({ code: "DROPPED" });
    const again = await dial(net, resuming(welcome));
    expect(await again.socket.peek()).toBeUndefined();
    again.socket.close();
  });

  test("a handler may close the session: it ends, and is not there any more", async () => {
    const go = gate();
    const { net, log } = talking({
      say: async () => {
        await go.passed;
        throw new CloseError(4403, "no more");
      },
    });
    const { socket, welcome } = await dial(net);
    socket.send(saying(1, "x"));
    await lose(net, socket);
    go.open();
    await vi.waitFor(() => expect(log).toEqual(["hook", "setup", "finally", "hook ends"]));
    const again = await dial(net, resuming(welcome, { tx0: 2 }));
    expect(again.welcome).toMatchObject({ state: "reset", why: "unknown" });
    again.socket.close();
  });
});

describe("too much for a client that is away", () => {
  test("ends the session, of which it is told when it returns", async () => {
    const { net, peers, log, onError, changes } = talking({}, { sessions: { messages: 3 } });
    const { socket, welcome } = await confirmed(net);
    await lose(net, socket);
    for (const text of ["a", "b", "c", "d"]) peers[0]?.send("said", text);
    await vi.waitFor(() => expect(log).toEqual(["hook", "setup", "finally", "hook ends"]));
    expect(await peers[0]?.closed).toMatchObject({ code: 4902 });
    expect(changes).toEqual([{ is: "parked" }, { is: "ended", undelivered: 3 }]);
    expect(onError).not.toHaveBeenCalled();
    const again = await dial(net, resuming(welcome));
    expect(again.welcome).toMatchObject({ state: "reset", why: "overflow", rx: 0 });
    expect(await again.socket.peek()).toBeUndefined();
    again.socket.close();
  });

  test("in characters, too", async () => {
    const { net, peers, log } = talking({}, { sessions: { size: 1_000 } });
    const { socket, welcome } = await dial(net);
    await lose(net, socket);
    peers[0]?.send("said", "x".repeat(1_000));
    await vi.waitFor(() => expect(log).toContain("finally"));
    const again = await dial(net, resuming(welcome));
    expect(again.welcome).toMatchObject({ state: "reset", why: "overflow" });
    again.socket.close();
  });

  test("is only told, while it is here, and waits when it is awaited", async () => {
    const { net, peers, log, onError } = talking({}, { sessions: { messages: 3 } });
    const { socket } = await dial(net, { ...hello, w: 1 });
    for (const text of ["a", "b", "c", "d"]) peers[0]?.send("said", text);
    await vi.waitFor(() => expect(onError).toHaveBeenCalledOnce());
    expect(onError.mock.calls[0]?.[0]).toMatchObject({
      message: '"said" failed: too much waits for the other half: await what you send',
    });
    const awaited = peers[0]?.send("said", "e").then(() => "went");
    for (const [at, text] of ["a", "b", "c"].entries()) {
      expect(await socket.receive()).toBe(said(at + 1, text));
      socket.send(`{"t":"ack","a":${at + 1}}`);
    }
    expect(await socket.receive()).toBe(said(4, "e", 5));
    socket.send('{"t":"ack","a":4}');
    expect(await awaited).toBe("went");
    expect(log).not.toContain("finally");
    socket.close();
  });
});

describe("the hooks of a client that comes back", () => {
  test("run again as a check, and end before it is welcomed; setup does not run", async () => {
    const { net, log } = talking();
    const { socket, welcome } = await dial(net);
    await lose(net, socket);
    const again = await dial(net, resuming(welcome));
    expect(log).toEqual(["hook", "setup", "hook", "hook ends"]);
    again.socket.send('{"t":"bye"}');
    await again.socket.closed;
    await net.settled();
    expect(log).toEqual(["hook", "setup", "hook", "hook ends", "finally", "hook ends"]);
  });

  test("may refuse it: the session still waits", async () => {
    const { net, log, changes } = talking();
    const ada = { ...hello, auth: "ada" };
    const { socket, welcome } = await dial(net, ada);
    await lose(net, socket);
    const refused = await knock(net, "/talk", resuming(welcome, { auth: "nobody" }));
    expect(await refused.closed).toMatchObject({ code: 4401, reason: "who are you?" });
    await net.settled();
    expect([log, changes]).toEqual([["hook", "setup", "hook"], [{ is: "parked" }]]);
    const again = await dial(net, resuming(welcome, { auth: "ada" })); // the same dial, for it never was here
    expect(again.welcome).toMatchObject({ state: "resumed" });
    again.socket.close();
  });

  test("that fail are told, and the session still waits", async () => {
    const onError = vi.fn();
    const app = createApp({ onError });
    app
      .use(({ token }: HookContext) => {
        if (token === "bad") throw new Error("broken hook");
      })
      .implement(talk, () => ({ say: () => {}, ask: (text) => text, count: () => [] }));
    const net = testClient(app);
    const { socket, welcome } = await dial(net);
    await lose(net, socket);
    const refused = await knock(net, "/talk", resuming(welcome, { auth: "bad" }));
    expect(await refused.closed).toMatchObject({ code: 4500 });
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error("broken hook"), expect.anything());
    const again = await dial(net, resuming(welcome));
    expect(again.welcome).toMatchObject({ state: "resumed" });
    again.socket.close();
  });
});

describe("two dials of one client at once", () => {
  /** An app whose hooks wait for a gate, one for each dial. */
  function slow() {
    const gates = new Mailbox<() => void>();
    const log: string[] = [];
    const app = createApp();
    app
      .use(async function* () {
        await new Promise<void>((open) => gates.put(open));
        yield;
      })
      .implement(talk, function* () {
        log.push("setup");
        try {
          yield { say: () => {}, ask: (text) => text, count: () => [] };
        } finally {
          log.push("finally");
        }
      });
    const net = testClient(app);
    const first = async () => {
      const dialled = dial(net);
      (await gates.take())();
      return dialled;
    };
    return { net, gates, log, first };
  }

  test.each([
    ["in order", [0, 1]],
    ["the newer one first", [1, 0]],
  ])("whichever hooks are ready first, the newer one has the session: %s", async (_what, order) => {
    const { net, gates, log, first } = slow();
    const { socket, welcome } = await first();
    await lose(net, socket);
    const older = await knock(net, "/talk", resuming(welcome, { att: 2 }));
    const newer = await knock(net, "/talk", resuming(welcome, { att: 3 }));
    const open = [await gates.take(), await gates.take()];
    for (const at of order) open[at]?.();
    expect(JSON.parse(String(await newer.receive()))).toMatchObject({ state: "resumed", sid: welcome.sid });
    expect(await older.closed).toMatchObject({ code: 4900 });
    newer.send('{"t":"ping","n":1}');
    expect(await newer.receive()).toBe('{"t":"pong","n":1}');
    expect(log).toEqual(["setup"]);
    newer.close();
    await net.settled();
  });

  test("both without a session: one remains, the newer one", async () => {
    const { net, gates, log } = slow();
    const older = await knock(net, "/talk", { ...hello, att: 1 });
    const newer = await knock(net, "/talk", { ...hello, att: 2 });
    const open = [await gates.take(), await gates.take()];
    for (const pass of open) pass();
    expect(JSON.parse(String(await newer.receive()))).toMatchObject({ t: "welcome" });
    expect(await older.closed).toMatchObject({ code: 4900 });
    newer.send('{"t":"ping","n":1}');
    expect(await newer.receive()).toBe('{"t":"pong","n":1}');
    newer.close();
    await net.settled();
    expect(log.filter((what) => what === "setup")).toHaveLength(
      log.filter((what) => what === "finally").length,
    );
  });

  test("the session ends while the hooks of a dial run: it begins anew when it comes again", async () => {
    const { net, gates, first } = slow();
    const { socket, welcome } = await first();
    const again = await knock(net, "/talk", resuming(welcome));
    const open = await gates.take();
    socket.send('{"t":"bye"}');
    await socket.closed;
    await new Promise(setImmediate);
    open();
    expect(JSON.parse(String(await again.receive()))).toMatchObject({ state: "reset", why: "unknown" });
    again.close();
  });
});

describe("a wire that is lost before the welcome", () => {
  test("during hooks: they end, and nothing is set up", async () => {
    const waits = new Mailbox<() => void>();
    const log: string[] = [];
    const app = createApp();
    app
      .use(async function* () {
        await new Promise<void>((open) => waits.put(open));
        try {
          yield;
        } finally {
          log.push("hook ends");
        }
      })
      .implement(talk, () => {
        log.push("setup");
        return { say: () => {}, ask: (text) => text, count: () => [] };
      });
    const net = testClient(app);
    const socket = await knock(net, "/talk");
    const open = await waits.take();
    net.drop();
    await socket.closed;
    open();
    await net.settled();
    expect(log).toEqual(["hook ends"]);
  });

  test("during setup: what it began ends, and the peer knew", async () => {
    const reached = gate();
    const { net, log, peers, changes, onError } = talking({
      before: (peer) => {
        reached.open();
        return peer.closed;
      },
    });
    const socket = await knock(net, "/talk");
    await reached.passed;
    net.drop();
    await socket.closed;
    await net.settled();
    expect(log).toEqual(["hook", "setup", "finally", "hook ends"]);
    expect(peers[0]?.signal.aborted).toBe(true);
    expect(changes).toEqual([{ is: "ended", undelivered: 0 }]);
    expect(onError).not.toHaveBeenCalled();
  });

  test("during the hooks of its return: the session waits on", async () => {
    const waits = new Mailbox<() => void>();
    const app = createApp();
    app
      .use(() => new Promise<void>((open) => waits.put(open)))
      .implement(talk, () => ({ say: () => {}, ask: (text) => text, count: () => [] }));
    const net = testClient(app);
    const dialling = dial(net);
    (await waits.take())();
    const { socket, welcome } = await dialling;
    await lose(net, socket);
    const lost = await knock(net, "/talk", resuming(welcome, { att: 2 }));
    const open = await waits.take();
    net.drop();
    await lost.closed;
    open();
    await net.settled();
    const again = dial(net, resuming(welcome, { att: 3 }));
    (await waits.take())();
    expect((await again).welcome).toMatchObject({ state: "resumed" });
    (await again).socket.close();
  });

  test("between hello and hooks: no session is left", async () => {
    const { net, log } = talking();
    const socket = await knock(net, "/talk");
    net.drop();
    await socket.closed;
    await net.settled();
    expect(log.filter((what) => what === "setup")).toHaveLength(
      log.filter((what) => what === "finally").length,
    );
  });
});

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
      { is: "parked" },
      { is: "resumed" },
      { is: "parked" },
      { is: "ended", undelivered: 2 },
    ]);
  });

  test("is watched until that is undone, and a watcher that fails harms nobody: the app is told", async () => {
    const { net, peers, onError, changes } = talking();
    const { socket, welcome } = await dial(net);
    const seen = vi.fn();
    const undo = peers[0]?.watch(seen);
    peers[0]?.watch(() => {
      throw new Error("broken watcher");
    });
    const later: () => unknown = () => Promise.reject(new Error("broken later"));
    peers[0]?.watch(later);
    const last = vi.fn();
    peers[0]?.watch(last);
    await lose(net, socket);
    undo?.();
    const again = await dial(net, resuming(welcome));
    expect(seen).toHaveBeenCalledExactlyOnceWith({ is: "parked" });
    expect(last.mock.calls).toEqual([[{ is: "parked" }], [{ is: "resumed" }]]);
    expect(changes).toEqual([{ is: "parked" }, { is: "resumed" }]);
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
    expect(changes).toEqual([{ is: "ended", undelivered: 0 }]);
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
    const net = testClient(app);
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
    const net = testClient(outer);
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

test("settled does not wait for clients that are away", async () => {
  const { net, log } = talking();
  const { socket } = await dial(net);
  socket.close(1001, "");
  await net.settled();
  expect(log).toEqual(["hook", "setup"]);
});
