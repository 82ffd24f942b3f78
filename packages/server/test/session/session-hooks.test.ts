import { BoundedQueue } from "@symbolon/protocol/internal";
import { describe, expect, test, vi } from "vitest";
import { createApp } from "../../src/app/app.ts";
import type { HookContext } from "../../src/request/context.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { hello, connectSession } from "./connect-session.ts";
import { gate } from "../gate.ts";
import {
  connectNotes,
  loseConnection,
  resumeHello,
  notes,
  startNotesServer,
} from "../contract/notes-server.ts";

describe("the hooks of a client that resumes", () => {
  test("run again as a check, and end before the welcome; setup does not run", async () => {
    const { net, log } = startNotesServer();
    const { socket, welcome } = await connectNotes(net);
    await loseConnection(net, socket);
    const again = await connectNotes(net, resumeHello(welcome));
    expect(log).toEqual(["hook", "setup", "hook", "hook ends"]);
    again.socket.send('{"t":"bye"}');
    await again.socket.closed;
    await net.settled();
    expect(log).toEqual(["hook", "setup", "hook", "hook ends", "finally", "hook ends"]);
  });

  test("may refuse it: the session stays detached", async () => {
    const { net, log, changes } = startNotesServer();
    const ada = { ...hello, auth: "ada" };
    const { socket, welcome } = await connectNotes(net, ada);
    await loseConnection(net, socket);
    const refused = await connectSession(net, "/notes", resumeHello(welcome, { auth: "unknown" }));
    expect(await refused.closed).toMatchObject({ code: 4401, reason: "who are you?" });
    await net.settled();
    expect([log, changes]).toEqual([["hook", "setup", "hook"], [{ type: "detached" }]]);
    const again = await connectNotes(net, resumeHello(welcome, { auth: "ada" })); // the same attempt, since the refused one was never accepted
    expect(again.welcome).toMatchObject({ state: "resumed" });
    again.socket.close();
  });

  test("that throw are reported, and the session stays detached", async () => {
    const onError = vi.fn();
    const app = createApp({ onError });
    app
      .group(({ token }: HookContext) => {
        if (token === "bad") throw new Error("broken hook");
      })
      .implement(notes, () => ({ post: () => {}, ask: (text) => text, count: () => [] }));
    const net = testNetwork(app);
    const { socket, welcome } = await connectNotes(net);
    await loseConnection(net, socket);
    const refused = await connectSession(net, "/notes", resumeHello(welcome, { auth: "bad" }));
    expect(await refused.closed).toMatchObject({ code: 4500 });
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error("broken hook"), expect.anything());
    const again = await connectNotes(net, resumeHello(welcome));
    expect(again.welcome).toMatchObject({ state: "resumed" });
    again.socket.close();
  });
});

describe("two dials of one client at once", () => {
  /** Starts a server whose hooks wait for a gate, one for each dial. */
  function startGatedServer() {
    const gates = new BoundedQueue<() => void>();
    const log: string[] = [];
    const app = createApp();
    app
      .group(async function* () {
        await new Promise<void>((open) => gates.push(open));
        yield;
      })
      .implement(notes, function* () {
        log.push("setup");
        try {
          yield { post: () => {}, ask: (text) => text, count: () => [] };
        } finally {
          log.push("finally");
        }
      });
    const net = testNetwork(app);
    const connectFirst = async () => {
      const connecting = connectNotes(net);
      (await gates.pull())();
      return connecting;
    };
    return { net, gates, log, connectFirst };
  }

  test.each([
    ["in order", [0, 1]],
    ["the newer one first", [1, 0]],
  ])("the newer one gets the session, whichever hooks end first: %s", async (_what, order) => {
    const { net, gates, log, connectFirst } = startGatedServer();
    const { socket, welcome } = await connectFirst();
    await loseConnection(net, socket);
    const older = await connectSession(net, "/notes", resumeHello(welcome, { att: 2 }));
    const newer = await connectSession(net, "/notes", resumeHello(welcome, { att: 3 }));
    const open = [await gates.pull(), await gates.pull()];
    for (const at of order) open[at]?.();
    expect(JSON.parse(String(await newer.receive()))).toMatchObject({ state: "resumed", sid: welcome.sid });
    expect(await older.closed).toMatchObject({ code: 4900 });
    newer.send('{"t":"ping","n":1}');
    expect(await newer.receive()).toBe('{"t":"pong","n":1}');
    expect(log).toEqual(["setup"]);
    newer.close();
    await net.settled();
  });

  test("the newer one remains when neither has a session", async () => {
    const { net, gates, log } = startGatedServer();
    const older = await connectSession(net, "/notes", { ...hello, att: 1 });
    const newer = await connectSession(net, "/notes", { ...hello, att: 2 });
    const open = [await gates.pull(), await gates.pull()];
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

  test("a session that ends while the hooks of a dial run is reset", async () => {
    const { net, gates, connectFirst } = startGatedServer();
    const { socket, welcome } = await connectFirst();
    const again = await connectSession(net, "/notes", resumeHello(welcome));
    const open = await gates.pull();
    socket.send('{"t":"bye"}');
    await socket.closed;
    await new Promise(setImmediate);
    open();
    expect(JSON.parse(String(await again.receive()))).toMatchObject({ state: "reset", why: "unknown" });
    again.close();
  });
});

describe("a wire that is lost before the welcome", () => {
  test("during hooks: they end, and setup does not run", async () => {
    const waits = new BoundedQueue<() => void>();
    const log: string[] = [];
    const app = createApp();
    app
      .group(async function* () {
        await new Promise<void>((open) => waits.push(open));
        try {
          yield;
        } finally {
          log.push("hook ends");
        }
      })
      .implement(notes, () => {
        log.push("setup");
        return { post: () => {}, ask: (text) => text, count: () => [] };
      });
    const net = testNetwork(app);
    const socket = await connectSession(net, "/notes");
    const open = await waits.pull();
    net.drop();
    await socket.closed;
    open();
    await net.settled();
    expect(log).toEqual(["hook ends"]);
  });

  test("during setup: setup and hooks end, and the peer is closed", async () => {
    const reached = gate();
    const { net, log, peers, changes, onError } = startNotesServer({
      before: (peer) => {
        reached.open();
        return peer.closed;
      },
    });
    const socket = await connectSession(net, "/notes");
    await reached.passed;
    net.drop();
    await socket.closed;
    await net.settled();
    expect(log).toEqual(["hook", "setup", "finally", "hook ends"]);
    expect(peers[0]?.signal.aborted).toBe(true);
    expect(changes).toEqual([{ type: "ended", undelivered: 0 }]);
    expect(onError).not.toHaveBeenCalled();
  });

  test("during the hooks of a resume: the session stays detached", async () => {
    const waits = new BoundedQueue<() => void>();
    const app = createApp();
    app
      .group(() => new Promise<void>((open) => waits.push(open)))
      .implement(notes, () => ({ post: () => {}, ask: (text) => text, count: () => [] }));
    const net = testNetwork(app);
    const connecting = connectNotes(net);
    (await waits.pull())();
    const { socket, welcome } = await connecting;
    await loseConnection(net, socket);
    const lost = await connectSession(net, "/notes", resumeHello(welcome, { att: 2 }));
    const open = await waits.pull();
    net.drop();
    await lost.closed;
    open();
    await net.settled();
    const again = connectNotes(net, resumeHello(welcome, { att: 3 }));
    (await waits.pull())();
    expect((await again).welcome).toMatchObject({ state: "resumed" });
    (await again).socket.close();
  });

  test("between hello and hooks: no session is left", async () => {
    const { net, log } = startNotesServer();
    const socket = await connectSession(net, "/notes");
    net.drop();
    await socket.closed;
    await net.settled();
    expect(log.filter((what) => what === "setup")).toHaveLength(
      log.filter((what) => what === "finally").length,
    );
  });
});
