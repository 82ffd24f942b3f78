import { CloseCode } from "@symbolon/protocol";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createApp } from "../../src/app/app.ts";
import type { AppOptions } from "../../src/app/types.ts";
import { fileStore } from "../../src/store/file/file-store.ts";
import { memoryStore } from "../../src/store/memory-store.ts";
import type { SessionStore, Store } from "../../src/store/store.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { temporaryDirectory } from "../store/file/directories.ts";
import { hello, knock } from "./frames.ts";
import { gate } from "../gate.ts";
import { confirmed, dial, lose, resuming, saying, talking } from "../contract/talk.ts";

const as = (auth: string, cid = auth): object => ({ ...hello, auth, cid });

/** Whatever is under way in memory is done. */
const settled = (): Promise<void> => new Promise(setImmediate);

/** The principals of whom a store has sessions. */
async function principals({ sessions }: Store): Promise<unknown[]> {
  return (await sessions.list()).map(({ principal }) => principal);
}

/** A store of which some calls are made in another way. */
function changed({ epoch, sessions, rooms }: Store, change: Partial<SessionStore>): Store {
  return { epoch, rooms, sessions: { ...sessions, ...change } };
}

/** An app that is all new but for its store, in which ada has a session. */
async function restarted(change: (store: Store) => Partial<SessionStore> = () => ({}), own: AppOptions = {}) {
  const store = memoryStore();
  const { net, app } = talking({}, { store });
  const { welcome } = await confirmed(net, as("ada"));
  await app.end();
  return { ...talking({}, { ...own, store: changed(store, change(store)) }), store, welcome };
}

describe("revoke", () => {
  test.each([
    ["memory", () => ({ open: async () => memoryStore(), again: async (store: Store) => store })],
    [
      "files",
      async () => {
        const open = fileStore.bind(undefined, { directory: await temporaryDirectory() });
        return { open, again: async (store: Store) => (await store.close?.(), open()) };
      },
    ],
  ])(
    "S30 › ends the sessions that only a store in %s has, of that principal alone",
    async (_what, stored) => {
      const { open, again } = await stored();
      const before = await open();
      const { app, net } = talking({}, { store: before });
      const adas = [await confirmed(net, as("ada")), await confirmed(net, as("ada", "phone"))] as const;
      const bob = await confirmed(net, as("bob"));
      await app.end();
      const store = await again(before);
      onTestFinished(() => store.close?.());
      const next = talking({}, { store });
      next.app.revoke("ada");
      await vi.waitFor(async () => expect(await principals(store)).toEqual(["bob"]));
      const [tab, phone] = adas.map(({ welcome }) => welcome);
      for (const [cid, welcome] of [["ada", tab] as const, ["phone", phone] as const]) {
        const back = await dial(next.net, resuming(welcome!, { auth: "ada", cid }));
        expect(back.welcome).toMatchObject({ state: "reset", why: "unknown" });
        back.socket.close(1000);
      }
      const back = await dial(next.net, resuming(bob.welcome, { auth: "bob", cid: "bob" }));
      expect(back.welcome).toMatchObject({ state: "resumed" });
      back.socket.close(1000);
      await next.net.settled();
    },
  );

  test("S30 › ends those of a mounted app, and those whose clients are here as before", async () => {
    const { app, store } = await restarted();
    const outer = createApp();
    outer.mount("/in", app);
    const socket = await knock(testNetwork(outer), "/in/talk", as("ada", "here"));
    await socket.receive();
    expect(await principals(store)).toEqual(["ada", "ada"]);
    outer.revoke("ada");
    expect(await socket.closed).toMatchObject({ code: CloseCode.Forbidden, reason: "revoked" });
    expect(await principals(store)).toEqual([]);
  });

  test("S30 › spares a session that begins afterwards", async () => {
    const { app, net, store } = await restarted();
    app.revoke("ada", { code: CloseCode.Unauthorized });
    const { socket, welcome } = await confirmed(net, as("ada"));
    await lose(net, socket);
    expect(await store.sessions.list()).toMatchObject([{ claim: { sessionId: welcome.sid } }]);
    const back = await dial(net, resuming(welcome, { auth: "ada", cid: "ada" }));
    expect(back.welcome).toMatchObject({ state: "resumed" });
    back.socket.close();
  });

  test("S30 › ends a session though its client comes back before it is removed", async () => {
    const listed = gate();
    const { app, net, store, welcome } = await restarted(({ sessions }) => ({
      list: async () => {
        const all = await sessions.list();
        await listed.passed;
        return all;
      },
    }));
    app.revoke("ada");
    const back = await dial(net, resuming(welcome, { auth: "ada", cid: "ada" }));
    expect(back.welcome).toMatchObject({ state: "resumed" });
    expect(await store.sessions.list()).toMatchObject([{ claim: { fence: 2 } }]);
    listed.open();
    await settled();
    expect(await store.sessions.list()).toEqual([]);
    back.socket.send(saying(1, "still here?"));
    expect(await back.socket.closed).toMatchObject({ code: CloseCode.SessionLost });
    const again = await dial(net, resuming(welcome, { auth: "ada", cid: "ada", att: 3 }));
    expect(again.welcome).toMatchObject({ state: "reset", why: "unknown" });
    again.socket.close();
  });

  test.each([
    ["does not know yet", true],
    ["knows already", false],
  ])("S30 › ends whom hooks have let pass, of whom the store %s", async (_what, early) => {
    const asked = gate();
    const answered = gate();
    const { app, net, log, store, welcome } = await restarted(({ sessions }) => ({
      attach: async (request) => {
        const attached = early ? undefined : sessions.attach(request);
        asked.open();
        await answered.passed;
        return attached ?? sessions.attach(request);
      },
    }));
    const back = await knock(net, "/talk", resuming(welcome, { auth: "ada", cid: "ada" }));
    await asked.passed;
    app.revoke("ada");
    await settled();
    answered.open();
    expect(await back.closed).toMatchObject({ code: CloseCode.Forbidden, reason: "revoked" });
    await net.settled();
    expect(log).toEqual(["hook", "hook ends"]);
    expect(await principals(store)).toEqual([]);
  });

  test.each<[string, Partial<SessionStore>]>([
    ["list throws", { list: () => raise() }],
    ["list rejects", { list: async () => raise() }],
    ["remove throws", { remove: () => raise() }],
    ["remove rejects", { remove: async () => raise() }],
  ])("tells the app when the store fails, and throws nothing: %s", async (_what, broken) => {
    const { app, onError } = await restarted(() => broken);
    await settled();
    onError.mockClear(); // it was told that what is there from before cannot be listed
    app.revoke("ada");
    expect(onError).not.toHaveBeenCalled();
    await settled();
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error("broken store"), {
      request: expect.objectContaining({ url: "symbolon:store" }),
      phase: "ending",
    });
  });

  test("logs that the store has failed, when the app is not told", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    onTestFinished(() => log.mockRestore());
    createApp({ store: changed(memoryStore(), { list: () => raise() }) }).revoke("ada");
    await settled();
    expect(log).toHaveBeenCalledWith('symbolon: error at "store"', new Error("broken store"));
  });

  test("asks the store to end each session, though it fails for one", async () => {
    const store = memoryStore();
    const { net, app } = talking({}, { store });
    await confirmed(net, as("ada"));
    const { welcome } = await confirmed(net, as("ada", "phone"));
    await app.end();
    const stubborn = changed(store, {
      remove: (claim) => (claim.sessionId === welcome.sid ? store.sessions.remove(claim) : raise()),
    });
    const next = talking({}, { store: stubborn });
    next.app.revoke("ada");
    await settled();
    expect(next.onError).toHaveBeenCalledOnce();
    expect(await store.sessions.list()).toMatchObject([{ clientId: "ada" }]);
  });

  test("tells the app of a session that the store lists and does not end", async () => {
    const { app, onError } = await restarted(() => ({ remove: () => false }));
    app.revoke("ada");
    await settled();
    const error = new Error("the store lists a session that it does not end");
    expect(onError).toHaveBeenCalledExactlyOnceWith(error, expect.anything());
  });
});

test.each<[string, Partial<SessionStore>]>([
  ["list throws", { list: () => raise() }],
  ["remove throws", { remove: () => raise() }],
  ["remove rejects", { remove: async () => raise() }],
])("the app is told when the store cannot end what nobody came back to: %s", async (_what, broken) => {
  const { clock, onError } = await restarted(() => broken);
  await settled();
  clock.advance(120_000);
  await settled();
  expect(onError).toHaveBeenCalledExactlyOnceWith(new Error("broken store"), {
    request: expect.objectContaining({ url: "symbolon:store" }),
    phase: "ending",
  });
});

function raise(): never {
  throw new Error("broken store");
}

test("who has missed the welcome, and comes back without a word of it, is not away for the store", async () => {
  const store = memoryStore();
  const { net } = talking({}, { store });
  const since = async (): Promise<unknown> => (await store.sessions.list())[0]?.detachedAt;
  const { socket, welcome } = await dial(net, hello);
  await lose(net, socket);
  await vi.waitFor(async () => expect(await since()).toEqual(expect.any(Number)));
  const again = await dial(net, { ...hello, att: 2 });
  expect(again.welcome).toMatchObject({ state: "new", sid: welcome?.sid });
  expect(await since()).toBeUndefined();
});
