/** Several processes that share a store. */
import { CloseCode } from "@symbolon/protocol";
import type { WelcomeFrame } from "@symbolon/protocol/internal";
import { describe, expect, test } from "vitest";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import type { SessionStore } from "../../src/store/session-store.ts";
import type { TestNetwork } from "../../src/testing/index.ts";
import type { Clock } from "../../src/timing/clock.ts";
import {
  connectConfirmed,
  connectNotes,
  loseConnection,
  postFrame,
  resumeHello,
  startNotesServer,
} from "../contract/notes-server.ts";
import { flushPromises } from "../flush-promises.ts";
import { gate } from "../gate.ts";
import { hello, keyOf } from "./connect-session.ts";

/** Changes what the store of the nodes does. */
type Change = (sessions: SessionStore) => Partial<SessionStore>;

const helloAs = (auth: string): object => ({ ...hello, auth, key: keyOf(auth) });

describe("the nodes of a store", () => {
  /** Two nodes that share a store; `pass` lets the time of all of them pass, a second at a time. */
  function startNodes(change: Change = () => ({})) {
    let now = 1_700_000_000_000;
    const memory = memoryStore({ now: () => now });
    const store = { ...memory, sessions: { ...memory.sessions, ...change(memory.sessions) } };
    const options = { store, heartbeat: { interval: 3_600_000 } };
    const [a, b] = [startNotesServer({}, options), startNotesServer({}, options)];
    const pass = async (ms: number, nodes: readonly { readonly clock: Clock }[] = [a, b]): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 1_000) {
        now += 1_000;
        for (const { clock } of nodes) clock.advance(1_000);
        await flushPromises();
      }
    };
    return { store, a, b, pass };
  }

  test("none ends a session of another one that is connected, however long", async () => {
    const { store, a, b, pass } = startNodes();
    const { socket } = await connectConfirmed(a.net, helloAs("ada"));
    await pass(600_000);
    const late = startNotesServer({}, { store, heartbeat: { interval: 3_600_000 } });
    await pass(600_000, [a, b, late]);
    expect(await store.sessions.list()).toMatchObject([{ principal: "ada", endsAt: undefined }]);
    socket.send(postFrame(1, "still here"));
    await flushPromises();
    expect(a.log).toEqual(["hook", "setup"]);
    socket.close(1000);
    await a.net.settled();
  });

  test("end the sessions of one that has died, once its lease and the grace time are over", async () => {
    const { store, a, b, pass } = startNodes();
    await connectConfirmed(a.net, helloAs("ada"));
    await pass(15_000, [b]); // a stands still
    expect(await store.sessions.list()).toHaveLength(1);
    await pass(115_000, [b]);
    expect(await store.sessions.list()).toHaveLength(1);
    await pass(10_000, [b]);
    expect(await store.sessions.list()).toEqual([]);
  });

  test("begin a session in the history that the store names, not in the one it had when they started", async () => {
    const { store, a } = startNodes();
    const older = startNotesServer({}, { store });
    const { socket, welcome } = await connectConfirmed(older.net, helloAs("ada"));
    await loseConnection(older.net, socket);
    const back = await connectNotes(a.net, resumeHello(welcome, { auth: "ada", key: keyOf("ada") }));
    expect([welcome.state, back.welcome.state]).toEqual(["new", "resumed"]);
  });

  test("keep a detached session while its client resumes it, though the store answers after the grace time", async () => {
    const reachable = gate();
    const { a, pass } = startNodes((sessions) => ({
      detach: async (...args) => (await reachable.passed, sessions.detach(...args)),
      attach: async (...args) => (await reachable.passed, sessions.attach(...args)),
    }));
    const { socket, welcome } = await connectConfirmed(a.net, helloAs("ada"));
    await loseConnection(a.net, socket);
    await pass(110_000);
    const returning = connectNotes(a.net, resumeHello(welcome, { auth: "ada", key: keyOf("ada") }));
    await pass(20_000);
    reachable.open();
    expect((await returning).welcome).toMatchObject({ state: "resumed" });
    expect(a.log).toEqual(["hook", "setup", "hook", "hook ends"]);
  });

  const lossy: Change = () => ({ watch: () => () => {} });

  /** The client of a session resumes it at another node; then `ms` pass. */
  async function comeTo(
    net: TestNetwork,
    welcome: WelcomeFrame,
    pass: (ms: number) => Promise<void>,
    ms: number,
  ): Promise<Awaited<ReturnType<typeof connectNotes>>> {
    const connecting = connectNotes(net, resumeHello(welcome, { auth: "ada", key: keyOf("ada") }));
    await flushPromises();
    await pass(Math.min(ms, 1_000)); // the node waits for the other one, which may not learn of it
    const back = await connecting;
    expect(back.welcome).toMatchObject({ state: "resumed" });
    await pass(ms);
    return back;
  }

  test.each<[string, Change, number]>([
    ["at once", () => ({}), 0],
    ["within a beat, though the store did not tell", lossy, 5_000],
  ])("a session that has moved to another node ends at the first one %s", async (_when, change, ms) => {
    const { store, a, b, pass } = startNodes(change);
    const { socket, welcome } = await connectConfirmed(a.net, helloAs("ada"));
    const back = await comeTo(b.net, welcome, pass, ms);
    expect(await socket.closed).toMatchObject({
      code: CloseCode.GoingAway,
      reason: "the session is at another server",
    });
    expect(a.log).toEqual(["hook", "setup", "finally", "hook ends"]);
    expect(a.peers[0]?.moved).toBe(true);
    expect(b.log).toEqual(["hook", "setup"]);
    expect(await store.sessions.list()).toMatchObject([{ claim: { fence: 2 }, endsAt: undefined }]);
    back.socket.close(1000);
    await b.net.settled();
    expect(b.peers[0]?.moved).toBe(false);
  });

  test.each<[string, Change, number]>([
    ["at once", () => ({}), 0],
    ["within a beat, though the store did not tell", lossy, 5_000],
  ])(
    "a client that was away, and came back to another node, is no stale member of the first one: %s",
    async (_when, change, ms) => {
      const { a, b, pass } = startNodes(change);
      const { socket, welcome } = await connectConfirmed(a.net, helloAs("ada"));
      await loseConnection(a.net, socket);
      await pass(10_000);
      expect(a.log).toEqual(["hook", "setup"]);
      const back = await comeTo(b.net, welcome, pass, ms);
      await flushPromises();
      expect(a.log).toEqual(["hook", "setup", "finally", "hook ends"]);
      expect(a.app.gauges()).toMatchObject({ connected: 0, detached: 0 });
      back.socket.close(1000);
      await b.net.settled();
    },
  );

  /** Nodes with a client whose `post` is being handled at the first one, while the client comes to the second one. */
  async function startMove() {
    const store = memoryStore();
    const done = gate();
    const posts: string[] = [];
    const handlers = (node: string) => ({
      post: async (text: string) => {
        posts.push(`${node}: ${text}`);
        await done.passed;
      },
    });
    const [a, b] = [startNotesServer(handlers("a"), { store }), startNotesServer(handlers("b"), { store })];
    const { socket, welcome } = await connectConfirmed(a.net, helloAs("ada"));
    socket.send(postFrame(1, "one"));
    await flushPromises();
    const hello = resumeHello(welcome, { auth: "ada", key: keyOf("ada") });
    const moved = connectNotes(b.net, hello);
    await flushPromises();
    return { store, done, posts, a, b, old: socket, moved };
  }

  test("a client that moves waits for the handler at the node before, and no handler runs twice", async () => {
    const { store, done, posts, b, old, moved } = await startMove();
    old.send(postFrame(2, "two")); // the first node does not handle it any more
    b.clock.advance(4_000);
    await flushPromises();
    expect(b.log).toEqual(["hook"]);
    done.open();
    const { socket, welcome } = await moved;
    expect(welcome).toMatchObject({ state: "resumed", rx: 1 });
    expect(await old.closed).toMatchObject({ code: CloseCode.GoingAway });
    socket.send(postFrame(2, "two"));
    await flushPromises();
    expect(posts).toEqual(["a: one", "b: two"]);
    expect(await store.sessions.list()).toMatchObject([{ claim: { fence: 2 } }]);
    socket.close(1000);
    await b.net.settled();
  });

  test("a client that moves waits for 5 s at most: the message is handled again then", async () => {
    const { done, posts, a, b, old, moved } = await startMove();
    b.clock.advance(5_000);
    const { socket, welcome } = await moved;
    expect(welcome).toMatchObject({ state: "resumed", rx: 0 });
    expect(await old.closed).toMatchObject({ code: CloseCode.GoingAway });
    expect(a.peers[0]?.moved).toBe(true);
    socket.send(postFrame(1, "one"));
    done.open();
    await flushPromises();
    expect(posts).toEqual(["a: one", "b: one"]);
    socket.close(1000);
    await b.net.settled();
  });

  test("a client that comes to another node while its handler runs has it run once, though it was disconnected", async () => {
    const { done, posts, b, old, moved } = await startMove();
    old.close(1001, "");
    await flushPromises();
    done.open();
    const { socket, welcome } = await moved;
    expect(welcome).toMatchObject({ state: "resumed", rx: 1 });
    expect(posts).toEqual(["a: one"]);
    socket.close(1000);
    await b.net.settled();
  });

  test("a client that was away, and came back, has its session for as long as it likes", async () => {
    const { a, pass } = startNodes();
    const { socket, welcome } = await connectConfirmed(a.net, helloAs("ada"));
    await loseConnection(a.net, socket);
    await pass(100_000);
    const back = await connectNotes(a.net, resumeHello(welcome, { auth: "ada", key: keyOf("ada") }));
    expect(back.welcome).toMatchObject({ state: "resumed" });
    await pass(300_000);
    expect(a.log).toEqual(["hook", "setup", "hook", "hook ends"]);
    back.socket.close(1000);
    await a.net.settled();
  });

  // S30
  test.each([
    ["by default", undefined, { code: CloseCode.Forbidden, reason: "revoked" }],
    ["with a code", { code: CloseCode.Unauthorized }, { code: CloseCode.Unauthorized, reason: "" }],
  ])("%s, revoke at one node closes the clients at the others at once", async (_how, close, closed) => {
    const { store, a, b } = startNodes();
    const ada = await connectConfirmed(a.net, helloAs("ada"));
    const bob = await connectConfirmed(a.net, helloAs("bob"));
    b.app.revoke("ada", close);
    expect(await ada.socket.closed).toMatchObject(closed);
    await a.net.settled();
    expect(a.peers.map(({ moved }) => moved)).toEqual([false, false]);
    expect(a.log.filter((line) => line === "finally")).toHaveLength(1);
    expect(await store.sessions.list()).toMatchObject([{ principal: "bob" }]);
    bob.socket.close(1000);
    await a.net.settled();
  });

  // S30
  test("revoke at one node ends a session at another within a beat, though the store did not tell", async () => {
    const { a, b, pass } = startNodes(lossy);
    const ada = await connectConfirmed(a.net, helloAs("ada"));
    b.app.revoke("ada");
    await pass(5_000);
    expect(await ada.socket.closed).toMatchObject({ code: CloseCode.SessionLost });
    expect(a.log).toEqual(["hook", "setup", "finally", "hook ends"]);
    expect(a.peers[0]?.moved).toBe(false);
  });

  test("a session has moved when its server shuts down and has a store", async () => {
    const { a } = startNodes();
    const own = startNotesServer();
    for (const { net, app } of [a, own]) {
      await connectConfirmed(net, helloAs("ada"));
      await app.end();
    }
    expect([a.peers[0]?.moved, own.peers[0]?.moved]).toEqual([true, false]);
  });
});
