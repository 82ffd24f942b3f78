import { CloseCode } from "@symbolon/protocol";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createApp } from "../../src/app/app.ts";
import type { AppOptions } from "../../src/app/types.ts";
import { fileStore } from "../../src/store/file/file-store.ts";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import type { SessionStore } from "../../src/store/session-store.ts";
import type { Store } from "../../src/store/store.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { temporaryDirectory } from "../store/file/directories.ts";
import { hello, connectSession, keyOf } from "./connect-session.ts";
import { nextTurn } from "../../src/timing/next-turn.ts";
import { newSession } from "../store/store-fixtures.ts";
import { flushPromises } from "../flush-promises.ts";
import { gate } from "../gate.ts";
import {
  connectConfirmed,
  connectNotes,
  loseConnection,
  resumeHello,
  startNotesServer,
} from "../contract/notes-server.ts";
import { waitOptions } from "../../../../test/time-limits.ts";

const helloAs = (auth: string, instance = auth): object => ({ ...hello, auth, key: keyOf(instance) });

/** The principal of each session in a store. */
async function listPrincipals({ sessions }: Store): Promise<unknown[]> {
  return (await sessions.list()).map(({ principal }) => principal);
}

/** A store with some methods replaced. */
function replaceMethods({ sessions, ...store }: Store, change: Partial<SessionStore>): Store {
  return { ...store, sessions: { ...sessions, ...change } };
}

/** Restarts a server whose store has a session of ada. */
async function restartServer(
  change: (store: Store) => Partial<SessionStore> = () => ({}),
  own: AppOptions = {},
) {
  const store = memoryStore();
  const { net, app } = startNotesServer({}, { store });
  const { welcome } = await connectConfirmed(net, helloAs("ada"));
  await app.end();
  return { ...startNotesServer({}, { ...own, store: replaceMethods(store, change(store)) }), store, welcome };
}

describe("revoke", () => {
  // S30
  test.each([
    ["memory", () => ({ open: async () => memoryStore(), again: async (store: Store) => store })],
    [
      "files",
      async () => {
        const open = fileStore.bind(undefined, { directory: await temporaryDirectory() });
        return { open, again: async (store: Store) => (await store.close?.(), open()) };
      },
    ],
  ])("ends the sessions that only a store in %s has, of that principal alone", async (_what, stored) => {
    const { open, again } = await stored();
    const before = await open();
    const { app, net } = startNotesServer({}, { store: before });
    const adas = [
      await connectConfirmed(net, helloAs("ada")),
      await connectConfirmed(net, helloAs("ada", "phone")),
    ] as const;
    const bob = await connectConfirmed(net, helloAs("bob"));
    await app.end();
    const store = await again(before);
    onTestFinished(() => store.close?.());
    const next = startNotesServer({}, { store });
    next.app.revoke("ada");
    await vi.waitFor(async () => expect(await listPrincipals(store)).toEqual(["bob"]), waitOptions);
    const [tab, phone] = adas.map(({ welcome }) => welcome);
    for (const [instance, welcome] of [["ada", tab] as const, ["phone", phone] as const]) {
      const back = await connectNotes(next.net, resumeHello(welcome!, { auth: "ada", key: keyOf(instance) }));
      expect(back.welcome).toMatchObject({ state: "reset", why: "unknown" });
      back.socket.close(1000);
    }
    const back = await connectNotes(next.net, resumeHello(bob.welcome, { auth: "bob", key: keyOf("bob") }));
    expect(back.welcome).toMatchObject({ state: "resumed" });
    back.socket.close(1000);
    await next.net.settled();
  });

  // S30
  test("ends those of a mounted app, and those of connected clients", async () => {
    const { app, store } = await restartServer();
    const outer = createApp();
    outer.mount("/in", app);
    const socket = await connectSession(testNetwork(outer), "/in/notes", helloAs("ada", "here"));
    await socket.receive();
    expect(await listPrincipals(store)).toEqual(["ada", "ada"]);
    outer.revoke("ada");
    expect(await socket.closed).toMatchObject({ code: CloseCode.Forbidden, reason: "revoked" });
    await flushPromises();
    expect(await listPrincipals(store)).toEqual([]);
  });

  // S30
  test("does not end a session that begins afterwards", async () => {
    const { app, net, store } = await restartServer();
    app.revoke("ada", { code: CloseCode.Unauthorized });
    const { socket, welcome } = await connectConfirmed(net, helloAs("ada"));
    await loseConnection(net, socket);
    expect(await store.sessions.list()).toMatchObject([{ claim: { sessionId: welcome.sid } }]);
    const back = await connectNotes(net, resumeHello(welcome, { auth: "ada", key: keyOf("ada") }));
    expect(back.welcome).toMatchObject({ state: "resumed" });
    back.socket.close();
  });

  // S30
  test("ends a session though its client reconnects before it is removed", async () => {
    const listed = gate();
    const { app, net, store, welcome } = await restartServer(({ sessions }) => ({
      list: async () => {
        const all = await sessions.list();
        await listed.passed;
        return all;
      },
    }));
    app.revoke("ada");
    const back = await connectNotes(net, resumeHello(welcome, { auth: "ada", key: keyOf("ada") }));
    expect(back.welcome).toMatchObject({ state: "resumed" });
    expect(await store.sessions.list()).toMatchObject([{ claim: { fence: 2 } }]);
    listed.open();
    await flushPromises();
    expect(await store.sessions.list()).toEqual([]);
    expect(await back.socket.closed).toMatchObject({ code: CloseCode.Forbidden, reason: "revoked" });
    const again = await connectNotes(net, resumeHello(welcome, { auth: "ada", key: keyOf("ada"), att: 3 }));
    expect(again.welcome).toMatchObject({ state: "reset", why: "unknown" });
    again.socket.close();
  });

  // S30
  test.each([
    ["has not been asked yet", true],
    ["has answered already", false],
  ])("refuses a client whose hooks have run and whose store %s", async (_what, early) => {
    const asked = gate();
    const answered = gate();
    const { app, net, log, store, welcome } = await restartServer(({ sessions }) => ({
      attach: async (request) => {
        const attached = early ? undefined : sessions.attach(request);
        asked.open();
        await answered.passed;
        return attached ?? sessions.attach(request);
      },
    }));
    const back = await connectSession(
      net,
      "/notes",
      resumeHello(welcome, { auth: "ada", key: keyOf("ada") }),
    );
    await asked.passed;
    app.revoke("ada");
    await flushPromises();
    answered.open();
    expect(await back.closed).toMatchObject({ code: CloseCode.Forbidden, reason: "revoked" });
    await net.settled();
    expect(log).toEqual(["hook", "hook ends"]);
    expect(await listPrincipals(store)).toEqual([]);
  });

  test.each<[string, Partial<SessionStore>]>([
    ["list throws", { list: () => throwBroken() }],
    ["list rejects", { list: async () => throwBroken() }],
    ["remove throws", { remove: () => throwBroken() }],
    ["remove rejects", { remove: async () => throwBroken() }],
  ])("reports a store that fails, and throws nothing: %s", async (_what, broken) => {
    const { app, onError } = await restartServer(() => broken);
    await flushPromises();
    app.revoke("ada");
    expect(onError).not.toHaveBeenCalled();
    await flushPromises();
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error("broken store"), {
      request: expect.objectContaining({ url: "symbolon:store" }),
      phase: "ending",
    });
  });

  test("logs a store that fails when the app has no onError", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    onTestFinished(() => log.mockRestore());
    createApp({ store: replaceMethods(memoryStore(), { list: () => throwBroken() }) }).revoke("ada");
    await flushPromises();
    expect(log).toHaveBeenCalledWith('symbolon: error at "store"', new Error("broken store"));
  });

  test("asks the store to remove each session, though it fails for one", async () => {
    const store = memoryStore();
    const { net, app } = startNotesServer({}, { store });
    const tab = await connectConfirmed(net, helloAs("ada"));
    const { welcome } = await connectConfirmed(net, helloAs("ada", "phone"));
    await app.end();
    const failing = replaceMethods(store, {
      remove: (claim) => (claim.sessionId === welcome.sid ? store.sessions.remove(claim) : throwBroken()),
    });
    const next = startNotesServer({}, { store: failing });
    next.app.revoke("ada");
    await flushPromises();
    expect(next.onError).toHaveBeenCalledOnce();
    expect(await store.sessions.list()).toMatchObject([{ claim: { sessionId: tab.welcome.sid } }]);
  });

  test("ends any number of sessions, and lists a part of them at a time", async () => {
    const parts: number[] = [];
    const { app, store } = await restartServer(({ sessions }) => ({
      list: async (query) => {
        const part = await sessions.list(query);
        parts.push(part.length);
        return part;
      },
    }));
    for (let n = 0; n < 1_200; n += 1)
      await store.sessions.create({ ...newSession, sessionId: `s${n}`, principal: n === 7 ? "bob" : "ada" });
    app.revoke("ada");
    await vi.waitFor(async () => expect(await listPrincipals(store)).toEqual(["bob"]), waitOptions);
    expect(parts).toEqual([500, 500, 200]);
  });

  test("reports a session that the store lists and does not remove", async () => {
    const { app, onError, welcome } = await restartServer(() => ({ remove: () => false }));
    app.revoke("ada");
    await flushPromises();
    const error = new Error(
      `store.sessions.remove() did not remove session "${welcome.sid}", but list() still returns the same claim`,
    );
    expect(onError).toHaveBeenCalledExactlyOnceWith(error, expect.anything());
  });
});

test.each<[string, Partial<SessionStore>]>([
  ["sweep throws", { sweep: () => throwBroken() }],
  ["sweep rejects", { sweep: async () => throwBroken() }],
  ["renew throws", { renew: () => throwBroken() }],
  ["renew rejects", { renew: async () => throwBroken() }],
])(
  "the app reports a store that cannot renew leases or end sessions, once a beat: %s",
  async (_what, broken) => {
    const { clock, net, onError } = await restartServer(() => broken);
    await connectConfirmed(net, helloAs("bob"));
    clock.advance(5_000);
    clock.advance(1_000);
    await flushPromises();
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error("broken store"), {
      request: expect.objectContaining({ url: "symbolon:store" }),
      phase: "ending",
    });
  },
);

function throwBroken(): never {
  throw new Error("broken store");
}

test("a client that missed its welcome, and sends no resume request, is attached in the store", async () => {
  const store = memoryStore();
  const { net } = startNotesServer({}, { store });
  const endsAt = async (): Promise<unknown> => (await store.sessions.list())[0]?.endsAt;
  const { socket, welcome } = await connectNotes(net, hello);
  await loseConnection(net, socket);
  await vi.waitFor(async () => expect(await endsAt()).toEqual(expect.any(Number)), waitOptions);
  const again = await connectNotes(net, { ...hello, att: 2 });
  expect(again.welcome).toMatchObject({ state: "new", sid: welcome?.sid });
  expect(await endsAt()).toBeUndefined();
});

test("a store may be closed once the app has ended: a sweep that is under way is the last one", async () => {
  const swept = gate();
  const sweep = vi.fn(async () => {
    await swept.passed;
    return true;
  });
  const { app, clock } = await restartServer(() => ({ sweep }));
  clock.advance(5_000);
  await flushPromises();
  await app.end();
  swept.open();
  for (let turns = 0; turns < 3; turns += 1) await nextTurn();
  expect(sweep).toHaveBeenCalledOnce();
});
