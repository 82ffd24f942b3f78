import type { Message, Wire } from "@symbolon/protocol";
import { expect, test } from "vitest";
import { memoryStore } from "../../src/store/memory-store.ts";
import { Recorder } from "../../src/session/recorder.ts";
import type { Commit, SessionStore } from "../../src/store/store.ts";

const said = (n: number) => ({
  room: "lobby",
  message: { name: "told", data: `{"n":${n}}`, at: 0 },
  keep: { messages: 10, seconds: 60 },
});

async function set(change: (sessions: SessionStore) => Partial<SessionStore> = () => ({})) {
  const store = memoryStore();
  const claim = await store.sessions.create({
    sid: "sid",
    secret: "hash",
    principal: undefined,
    service: "/",
    cid: "cid",
    att: 1,
  });
  const commits: Commit[] = [];
  const own = change(store.sessions);
  const sessions: SessionStore = {
    ...store.sessions,
    ...own,
    commit(claim, record) {
      commits.push(record);
      return { ...store.sessions, ...own }.commit(claim, record);
    },
  };
  const heard = { rx: 0, but: [] as number[] };
  const lost: unknown[] = [];
  const recorder = new Recorder(sessions, claim, {
    heard: () => heard,
    note: () => "{}",
    lost: (error) => lost.push(error),
  });
  const told: Message[] = [];
  recorder.wire = { send: (message: Message) => told.push(message) } as unknown as Wire;
  return { store, recorder, heard, commits, told, lost };
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** What a client says that comes back to the session in the history `ep`. */
function returning(ep: string) {
  return { sid: "sid", secret: "hash", principal: undefined, service: "/", att: 2, ep, rx: 0, tx0: 1 };
}

test("what a tick does is one record, and the wire is told when that is kept", async () => {
  const { recorder, heard, commits, told } = await set();
  recorder.numbered(1, "one");
  recorder.send("one");
  recorder.say([said(7)]);
  await Promise.resolve();
  heard.rx = 3;
  recorder.acked(1);
  recorder.send("ack");
  expect(told).toEqual([]);
  await tick();
  expect(told).toEqual(["one", "ack"]);
  expect(commits).toEqual([
    {
      out: [{ s: 1, data: "one" }],
      acked: { upTo: 1, but: [] },
      received: { upTo: 3, but: [] },
      said: [said(7)],
      note: "{}",
    },
  ]);
});

test("what was said in rooms is there with the record", async () => {
  const { store, recorder } = await set();
  const heard: unknown[] = [];
  store.rooms.watch("lobby", ({ data }) => heard.push(data));
  recorder.say([said(1), said(2)]);
  await tick();
  expect(heard).toEqual(['{"n":1}', '{"n":2}']);
});

test("an acknowledgement that comes late takes nothing back", async () => {
  const { recorder, commits } = await set();
  recorder.numbered(1, "one");
  recorder.numbered(2, "two");
  recorder.acked(2);
  recorder.acked(1);
  await tick();
  expect(commits.map(({ acked }) => acked)).toEqual([{ upTo: 2, but: [] }]);
});

test("what was meant for a wire that is gone is not said on the next one", async () => {
  const { recorder, told } = await set();
  const next: Message[] = [];
  recorder.send("old");
  recorder.wire = { send: (message: Message) => next.push(message) } as unknown as Wire;
  recorder.send("new");
  await tick();
  expect(told).toEqual([]);
  expect(next).toEqual(["new"]);
});

test("a session that somebody else has is lost here, once", async () => {
  const { recorder, lost, told } = await set(() => ({ commit: () => false as const }));
  recorder.send("one");
  await tick();
  recorder.send("two");
  await tick();
  expect(lost).toEqual([undefined]);
  expect(told).toEqual([]);
});

test("a store that fails is told of, and nothing is said", async () => {
  const full = new Error("the disk is full");
  const { recorder, lost, told } = await set(() => ({ commit: () => Promise.reject(full) }));
  recorder.send("one");
  await tick();
  expect(lost).toEqual([full]);
  expect(told).toEqual([]);
});

test("while the client comes back nothing is recorded under the claim of before", async () => {
  const { recorder, lost, told } = await set();
  const attached = recorder.attach(returning("another"));
  recorder.send("one");
  expect((await attached).is).toBe("reset");
  await tick();
  expect(lost).toEqual([]);
  expect(told).toEqual(["one"]);
});

test("a session that somebody else has had meanwhile is lost here, though it may go on", async () => {
  const { store, recorder, commits, lost } = await set();
  const back = (att: number) => ({
    sid: "sid",
    secret: "hash",
    principal: undefined,
    service: "/",
    att,
    ep: store.epoch,
    rx: 0,
    tx0: 1,
  });
  expect((await recorder.attach(back(2))).is).toBe("resumed");
  expect(lost).toEqual([]);
  expect((await store.sessions.attach(back(3))).is).toBe("resumed"); // by another process
  expect((await recorder.attach(back(4))).is).toBe("resumed");
  expect(lost).toEqual([undefined]);
  recorder.send("one");
  await tick();
  await recorder.remove();
  expect(commits).toEqual([]);
  expect(await store.sessions.list()).toMatchObject([{ claim: { sid: "sid" } }]);
});

test("who leaves keeps what is, and records nothing more", async () => {
  const { store, recorder, heard, commits } = await set();
  heard.rx = 2;
  recorder.say([said(1)]);
  const left = recorder.leave(5);
  heard.rx = 0;
  recorder.send("late");
  await left;
  await tick();
  expect(commits.map(({ received }) => received)).toEqual([{ upTo: 2, but: [] }]);
  expect(await store.sessions.list()).toMatchObject([{ since: 5 }]);
});

test("a session that ends is removed after what was recorded before", async () => {
  const { store, recorder } = await set();
  recorder.send("one");
  await recorder.remove();
  await recorder.remove();
  expect(await store.sessions.list()).toEqual([]);
});

test("a wire that is lost while its client comes back on another parks nothing", async () => {
  const { store, recorder } = await set();
  const attached = recorder.attach(returning(store.epoch));
  const parked = recorder.park(1_000);
  expect((await attached).is).toBe("resumed");
  await parked;
  expect(await store.sessions.list()).toMatchObject([{ since: undefined }]);
  await recorder.park(2_000);
  expect(await store.sessions.list()).toMatchObject([{ since: 2_000 }]);
});

test("a session that cannot be parked is lost here, and stays in the store", async () => {
  const full = new Error("no space left");
  const { store, recorder, lost } = await set(() => ({ park: () => Promise.reject(full) }));
  await recorder.park(1_000);
  expect(lost).toEqual([full]);
  await recorder.remove();
  expect(await store.sessions.list()).toMatchObject([{ claim: { sid: "sid" } }]);
});
