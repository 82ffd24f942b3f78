/** What a store in PostgreSQL does when connections break, and when PostgreSQL ends, is full, or loses its data. */
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { attachRequest, newSession, retain, roomMessage } from "../../server/test/store/store-fixtures.ts";
import { slow, waitOptions } from "../../../test/time-limits.ts";
import { type PostgresStore, postgresStore, type PostgresStoreOptions } from "../src/index.ts";
import { allAppended, appendAll, watchRoom } from "../../server/test/store/network/calls-once.ts";
import { eventually, startPresenceNodes } from "../../server/test/store/presence-nodes.ts";
import { Forwarder } from "../../server/test/store/network/forwarder.ts";
import { PostgresServer } from "./postgres-server/postgres-server.ts";
import { startPostgres } from "./postgres-server/start-postgres.ts";

const keep = retain(100_000, 1e9);

/** The server of the tests that leave it as it is. */
let shared: PostgresServer;
beforeAll(async () => void (shared = await PostgresServer.start()));
afterAll(() => shared.stop());

let prefixes = 0;
const newPrefix = (): string => `test_${(prefixes += 1)}`;

function openStore(options: PostgresStoreOptions): PostgresStore {
  const store = postgresStore({ onError: () => {}, timeout: 120_000, ...options });
  onTestFinished(() => store.close());
  return store;
}

test("calls are made once, in order, while connections break", slow, async () => {
  const prefix = newPrefix();
  const forwarder = await Forwarder.start(shared.port);
  const store = openStore({ url: shared.urlAt(forwarder.port), prefix });
  await store.sessions.list();
  forwarder.breakAfter(20_000);
  expect(await appendAll(store, 500)).toEqual(allAppended(500));
  expect(forwarder.breaks).toBeGreaterThan(3);
});

test("a PostgreSQL that is killed loses nothing, and makes no call twice", slow, async () => {
  const server = await startPostgres();
  const store = openStore({ url: server.url });
  const { epoch } = await store.sessions.create({ ...newSession, sessionId: "before" });
  const appending = appendAll(store, 3_000);
  await vi.waitFor(
    async () => expect((await store.rooms.position("r")).offset).toBeGreaterThan(500),
    waitOptions,
  );
  await server.signal("SIGKILL");
  await server.restart();
  expect(await appending).toEqual(allAppended(3_000));
  expect(await store.sessions.create({ ...newSession, sessionId: "after" })).toMatchObject({ epoch });
});

test("a replica that is promoted begins a new epoch, and the next restart on its files keeps that", async () => {
  const server = await startPostgres();
  const forwarder = await Forwarder.start(server.port);
  const store = openStore({ url: server.urlAt(forwarder.port) });
  const claim = await store.sessions.create(newSession);
  await store.rooms.append("r", roomMessage("kept"), keep);
  const position = await store.rooms.position("r");
  const replica = await PostgresServer.startReplica(server);
  onTestFinished(() => replica.stop());
  forwarder.target = replica.port;
  forwarder.break();
  const attached = store.sessions.attach(attachRequest(claim));
  await server.signal("SIGKILL");
  await replica.query("select pg_promote()");
  expect(await attached).toMatchObject({ type: "reset" });
  expect(await store.rooms.read("r", position, 9)).toMatchObject({ gap: { from: 1 }, entries: [] });
  const { epoch } = await store.sessions.create({ ...newSession, sessionId: "t" });
  expect(epoch).not.toBe(claim.epoch);
  await replica.signal("SIGINT");
  await replica.restart();
  expect(await store.sessions.create({ ...newSession, sessionId: "u" })).toMatchObject({ epoch });
});

test("a schema that is dropped is made again, with a new epoch and the same secret", async () => {
  const prefix = newPrefix();
  const store = openStore({ url: shared.url, prefix });
  const claim = await store.sessions.create(newSession);
  const proofKey = await store.proofKey();
  await shared.query(`drop schema ${prefix} cascade`);
  expect(await store.sessions.attach(attachRequest(claim))).toEqual({ type: "refused", known: false });
  expect((await store.sessions.create(newSession)).epoch).not.toBe(claim.epoch);
  expect(await openStore({ url: shared.url, prefix }).proofKey()).toBe(proofKey);
});

test("processes that start at once make one schema", async () => {
  const prefix = newPrefix();
  const stores = Array.from({ length: 8 }, () => openStore({ url: shared.url, prefix }));
  const keys = await Promise.all(stores.map(async (store) => store.proofKey()));
  expect(new Set(keys).size).toBe(1);
});

test("calls wait for a PostgreSQL that is blocked, and fail after the timeout with what to do", async () => {
  const prefix = newPrefix();
  const [store, hasty] = [
    openStore({ url: shared.url, prefix }),
    openStore({ url: shared.url, prefix, timeout: 500 }),
  ];
  for (const { sessions } of [store, hasty]) await vi.waitFor(async () => sessions.list(), waitOptions);
  const release = await shared.block(`lock table ${prefix}.rooms, ${prefix}.sessions`);
  const created = store.sessions.create(newSession);
  await expect(hasty.rooms.position("r")).rejects.toThrow(
    "PostgreSQL did not answer within 500 ms: check its address and its load, or raise `timeout`",
  );
  await release();
  expect(await created).toMatchObject({ fence: 1 });
  await vi.waitFor(async () => expect(await hasty.sessions.list()).toHaveLength(1), waitOptions);
});

test("what waits for PostgreSQL is bounded: calls that need space fail, and the others wait", async () => {
  const prefix = newPrefix();
  const store = openStore({ url: shared.url, prefix, bufferBytes: 10_000 });
  const claim = await store.sessions.create(newSession);
  const release = await shared.block(`lock table ${prefix}.rooms`);
  const waiting = store.rooms.append("r", roomMessage("x".repeat(9_000)), keep);
  await expect(store.rooms.append("r", roomMessage("y".repeat(900)), keep)).rejects.toThrow(
    "wait for PostgreSQL, which is too slow: try later, or raise `bufferBytes`",
  );
  expect(store.sessions.isOverloaded?.()).toBe(true);
  const removed = store.sessions.remove(claim);
  await release();
  expect(await waiting).toEqual({ offset: 1, previous: 0 });
  expect(await removed).toBe(true);
  expect(store.sessions.isOverloaded?.()).toBe(false);
});

test("a call that PostgreSQL refuses fails alone, and says that the store is full", async () => {
  const prefix = newPrefix();
  const store = openStore({ url: shared.url, prefix });
  const claim = await store.sessions.create(newSession);
  await shared.query(`
    create function ${prefix}.refuse() returns trigger language plpgsql as
      $$ begin raise exception 'no space left on device' using errcode = 'disk_full'; end $$;
    create trigger when_full before insert on ${prefix}.messages for each row
      when (new.size = 3) execute function ${prefix}.refuse()`);
  const results = await Promise.allSettled([
    store.sessions.commit(claim, { outgoing: [{ sequence: 1, data: "m" }] }),
    store.rooms.append("r", roomMessage("one"), keep),
    store.rooms.append("r", roomMessage("four"), keep),
    store.sessions.remove(claim),
  ]);
  expect(results).toMatchObject([
    { value: true },
    { reason: { message: expect.stringContaining("the store is full: give PostgreSQL more space") } },
    { value: { offset: 1 } },
    { value: true },
  ]);
});

test("a watcher receives every message in order while connections break", slow, async () => {
  const prefix = newPrefix();
  const forwarder = await Forwarder.start(shared.port);
  const [store, other] = [
    openStore({ url: shared.urlAt(forwarder.port), prefix }),
    openStore({ url: shared.url, prefix }),
  ];
  const received = await watchRoom(store, "r");
  const texts = Array.from({ length: 300 }, (_, n) => `message ${n}`);
  for (const [n, text] of texts.entries()) {
    await other.rooms.append("r", roomMessage(text), retain(1));
    if (n % 100 === 50) forwarder.break();
  }
  await vi.waitFor(() => expect(received).toEqual(texts), waitOptions);
});

test("a watcher learns that it has missed what was erased before it could be read", async () => {
  const prefix = newPrefix();
  const forwarder = await Forwarder.start(shared.port);
  const [store, other] = [
    openStore({ url: shared.urlAt(forwarder.port), prefix }),
    openStore({ url: shared.url, prefix }),
  ];
  const received = await watchRoom(store, "r");
  forwarder.target = 1; // refused
  forwarder.break();
  for (const text of ["a", "b"]) await other.rooms.append("r", roomMessage(text), retain(1));
  await shared.query(`delete from ${prefix}.messages where place = 1`);
  forwarder.target = shared.port;
  await vi.waitFor(() => expect(received).toEqual(["missed", "b"]), waitOptions);
});

test(
  "presence that was erased before a node could read it is announced to the node again",
  slow,
  async () => {
    const prefix = newPrefix();
    const forwarder = await Forwarder.start(shared.port);
    const other = openStore({ url: shared.url, prefix });
    const nodes = startPresenceNodes([
      openStore({ url: shared.urlAt(forwarder.port), prefix }),
      other,
    ] as const);
    const [ada, bob] = [nodes[0].open("ada"), nodes[1].open("bob")];
    ada.show("Ada");
    const members = () => nodes.map((node) => node.members());
    const before = ["ada here 1 Ada", "bob here 1 -"];
    await eventually(nodes, members, [before, before]);
    const announced = await watchRoom(other, '["/board","main","presence"]');
    forwarder.target = 1; // refused
    forwarder.break();
    bob.show("erased");
    await eventually([nodes[1]], () => announced.some((text) => String(text).includes("erased")), true);
    await shared.query(`delete from ${prefix}.messages`);
    forwarder.target = shared.port;
    const after = ["ada here 1 Ada", "bob here 1 erased"];
    await eventually(nodes, members, [after, after]);
    expect(nodes.flatMap(({ errors }) => errors)).toEqual([]);
  },
);

test("messages that no process is notified of are found, and other notifications do no harm", async () => {
  const prefix = newPrefix();
  const store = openStore({ url: shared.url, prefix });
  const received: unknown[] = [];
  const { ready } = store.rooms.watch("r", {
    receive: ({ data }) => received.push(data),
    missed: () => expect.unreachable(),
  });
  await ready;
  for (const payload of ["", "null", '{"rooms":1}']) await shared.query(`notify ${prefix}, '${payload}'`);
  await shared.query(`set search_path to ${prefix}; select append_message('{"room": "r", "messages": 9, "ms": 9, "bytes": 9, "at": 0,
    "size": 1, "entry": "[\\"line\\",null,null]\\nsa"}', (select epoch from meta))`);
  await vi.waitFor(() => expect(received).toEqual(["a"]), waitOptions);
});

test("the messages that a room does not keep are erased by a later append, or by a sweep", async () => {
  const prefix = newPrefix();
  const store = openStore({ url: shared.url, prefix });
  for (const text of ["a", "b"]) await store.rooms.append("r", roomMessage(text), retain(0));
  await shared.query(`update ${prefix}.messages set stored_at = stored_at - interval '1 minute'`);
  await store.rooms.append("r", roomMessage("c"), retain(0));
  const places = `select array_agg(place::integer) as places from ${prefix}.messages`;
  expect(await shared.query(places)).toEqual([{ places: [3] }]);
  await shared.query(`update ${prefix}.messages set stored_at = stored_at - interval '1 minute'`);
  await store.rooms.sweep(0, Infinity);
  expect(await shared.query(places)).toEqual([{ places: null }]);
});

test("texts that PostgreSQL cannot have stay the same everywhere", async () => {
  const prefix = newPrefix();
  const store = openStore({ url: shared.url, prefix });
  const text = "a\0\uFFFD0041 \uD800 \uDFFF é🙂";
  const names = { sessionId: text, principal: text, service: text, keyHash: text, secretHash: text };
  const lease = { node: text, ms: 15_000 };
  const claim = await store.sessions.create({ ...newSession, ...names, lease });
  expect(claim.sessionId).toBe(text);
  const { sessionId: _, secretHash: __, ...listed } = names;
  expect(await store.sessions.list({ principal: text })).toMatchObject([{ claim, owner: text, ...listed }]);
  const notices: unknown[] = [];
  store.sessions.watch(text, (notice) => notices.push(notice));
  const received: unknown[] = [];
  const { ready } = store.rooms.watch(text, {
    receive: ({ data, name }) => received.push(name, data),
    missed: () => expect.unreachable(),
  });
  await ready;
  await store.rooms.append(text, { name: text, data: text, at: 0 }, keep);
  await vi.waitFor(() => expect(received).toEqual([text, text]), waitOptions);
  const close = { code: 4_403, reason: text };
  await store.sessions.remove(claim, close);
  await vi.waitFor(() => expect(notices).toEqual([{ type: "removed", claim, close }]), waitOptions);
  const ticket = { principal: text, origin: text, expiresAt: 9, credentialExpiresAt: undefined };
  await store.tickets.put(text, ticket, 0);
  expect(await store.tickets.take(text)).toEqual(ticket);
});

test("a store that is closed rejects every call, and a close waits for the calls before it", async () => {
  const prefix = newPrefix();
  const store = postgresStore({ url: shared.url, prefix });
  const created = store.sessions.create(newSession);
  await Promise.all([store.close(), store.close()]);
  expect(await created).toMatchObject({ fence: 1 });
  await expect(store.sessions.list()).rejects.toThrow("the store is closed");
  const { ready } = store.rooms.watch("r", { receive: () => {}, missed: () => {} });
  await expect(ready).rejects.toThrow("the store is closed");
});
