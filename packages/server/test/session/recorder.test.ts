import type { Message } from "@symbolon/protocol";
import type { Wire } from "@symbolon/protocol/internal";
import { expect, test } from "vitest";
import { memoryStore } from "../../src/store/memory-store.ts";
import { Recorder } from "../../src/session/recorder.ts";
import type { SessionCommit, SessionStore } from "../../src/store/store.ts";

const said = (n: number) => ({
  room: "lobby",
  message: { name: "told", data: `{"n":${n}}`, at: 0 },
  keep: { messages: 10, ms: 60_000 },
});

async function set(change: (sessions: SessionStore) => Partial<SessionStore> = () => ({})) {
  const store = memoryStore();
  const claim = await store.sessions.create({
    sessionId: "sessionId",
    secret: "hash",
    principal: undefined,
    service: "/",
    clientId: "clientId",
    attempt: 1,
  });
  const commits: SessionCommit[] = [];
  const own = change(store.sessions);
  const sessions: SessionStore = {
    ...store.sessions,
    ...own,
    commit(claim, record) {
      commits.push(record);
      return { ...store.sessions, ...own }.commit(claim, record);
    },
  };
  const heard = { upTo: 0, pending: [] as number[] };
  const lost: unknown[] = [];
  const recorder = new Recorder(sessions, claim, {
    received: () => heard,
    note: () => "{}",
    onLost: (error) => lost.push(error),
  });
  const told: Message[] = [];
  recorder.wire = { send: (message: Message) => told.push(message) } as unknown as Wire;
  return { store, recorder, heard, commits, told, lost };
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** What a client says that comes back to the session in the history `ep`. */
function returning(epoch: string) {
  return {
    sessionId: "sessionId",
    secret: "hash",
    principal: undefined,
    service: "/",
    attempt: 2,
    epoch,
    receivedUpTo: 0,
    firstHeld: 1,
  };
}

test("what a tick does is one record, and the wire is told when that is kept", async () => {
  const { recorder, heard, commits, told } = await set();
  recorder.onSequence(1, "one");
  recorder.send("one");
  recorder.recordRoomMessages([said(7)]);
  await Promise.resolve();
  heard.upTo = 3;
  recorder.acknowledged(1);
  recorder.send("ack");
  expect(told).toEqual([]);
  await tick();
  expect(told).toEqual(["one", "ack"]);
  expect(commits).toEqual([
    {
      outgoing: [{ sequence: 1, data: "one" }],
      acknowledged: { upTo: 1, pending: [] },
      received: { upTo: 3, pending: [] },
      roomMessages: [said(7)],
      note: "{}",
    },
  ]);
});

test("what was said in rooms is there with the record", async () => {
  const { store, recorder } = await set();
  const heard: unknown[] = [];
  store.rooms.subscribe("lobby", ({ data }) => heard.push(data));
  recorder.recordRoomMessages([said(1), said(2)]);
  await tick();
  expect(heard).toEqual(['{"n":1}', '{"n":2}']);
});

test("an acknowledgement that comes late takes nothing back", async () => {
  const { recorder, commits } = await set();
  recorder.onSequence(1, "one");
  recorder.onSequence(2, "two");
  recorder.acknowledged(2);
  recorder.acknowledged(1);
  await tick();
  expect(commits.map(({ acknowledged: acked }) => acked)).toEqual([{ upTo: 2, pending: [] }]);
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
  expect((await attached).type).toBe("reset");
  await tick();
  expect(lost).toEqual([]);
  expect(told).toEqual(["one"]);
});

test("a session that somebody else has had meanwhile is lost here, though it may go on", async () => {
  const { store, recorder, commits, lost } = await set();
  const back = (attempt: number) => ({
    sessionId: "sessionId",
    secret: "hash",
    principal: undefined,
    service: "/",
    attempt,
    epoch: store.epoch,
    receivedUpTo: 0,
    firstHeld: 1,
  });
  expect((await recorder.attach(back(2))).type).toBe("resumed");
  expect(lost).toEqual([]);
  expect((await store.sessions.attach(back(3))).type).toBe("resumed"); // by another process
  expect((await recorder.attach(back(4))).type).toBe("resumed");
  expect(lost).toEqual([undefined]);
  recorder.send("one");
  await tick();
  await recorder.remove();
  expect(commits).toEqual([]);
  expect(await store.sessions.list()).toMatchObject([{ claim: { sessionId: "sessionId" } }]);
});

test("who leaves keeps what is, and records nothing more", async () => {
  const { store, recorder, heard, commits } = await set();
  heard.upTo = 2;
  recorder.recordRoomMessages([said(1)]);
  const left = recorder.leave(5);
  heard.upTo = 0;
  recorder.send("late");
  await left;
  await tick();
  expect(commits.map(({ received }) => received)).toEqual([{ upTo: 2, pending: [] }]);
  expect(await store.sessions.list()).toMatchObject([{ detachedAt: 5 }]);
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
  const parked = recorder.detach(1_000);
  expect((await attached).type).toBe("resumed");
  await parked;
  expect(await store.sessions.list()).toMatchObject([{ detachedAt: undefined }]);
  await recorder.detach(2_000);
  expect(await store.sessions.list()).toMatchObject([{ detachedAt: 2_000 }]);
});

test("a session that cannot be parked is lost here, and stays in the store", async () => {
  const full = new Error("no space left");
  const { store, recorder, lost } = await set(() => ({ detach: () => Promise.reject(full) }));
  await recorder.detach(1_000);
  expect(lost).toEqual([full]);
  await recorder.remove();
  expect(await store.sessions.list()).toMatchObject([{ claim: { sessionId: "sessionId" } }]);
});
