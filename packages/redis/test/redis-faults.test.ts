/** What a store in Redis does when connections break, and when Redis stands still, ends, or loses its data. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { Redis } from "ioredis";
import { expect, test, vi } from "vitest";
import { attachRequest, newSession, retain, roomMessage } from "../../server/test/store/store-fixtures.ts";
import { slow, waitOptions } from "../../../test/time-limits.ts";
import { redisStore, type RedisStoreOptions } from "../src/index.ts";
import { allAppended, appendAll } from "../../server/test/store/network/calls-once.ts";
import { Forwarder } from "../../server/test/store/network/forwarder.ts";
import type { RedisServer } from "./redis-server/redis-server.ts";
import { durable } from "./redis-server/replicas.ts";
import { documentedRights } from "./redis-server/rights.ts";
import { openStore, startRedis } from "./redis-server/start-redis.ts";

const keep = retain(100_000, 1e9);

/** Waits until a replica has the session of a test, and its file has it too. */
async function waitForSession(replica: RedisServer): Promise<void> {
  await vi.waitFor(async () => {
    const isStored = (await replica.command("EXISTS", "{symbolon}:s:s")) === 1;
    const persistence = String(await replica.command("INFO", "persistence"));
    if (!isStored || !/aof_rewrite_in_progress:0\s+aof_rewrite_scheduled:0/.test(persistence))
      throw new Error(persistence);
  }, waitOptions);
}

test.each(["redis", "ioredis"])(
  "calls by %s are made once, in order, while connections break",
  slow,
  async (name) => {
    const server = await startRedis();
    const forwarder = await Forwarder.start(server.port);
    const url = server.urlAt(forwarder.port);
    const store = openStore(name === "redis" ? { url } : { client: new Redis(url, { lazyConnect: true }) });
    forwarder.breakAfter(30_000);
    expect(await appendAll(store, 1_500)).toEqual(allAppended(1_500));
    expect(forwarder.breaks).toBeGreaterThan(3);
  },
);

test(
  "a Redis that is killed and reads its append-only file loses nothing, and makes no call twice",
  slow,
  async () => {
    const server = await startRedis({ args: durable });
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
  },
);

test.each([
  ["that restarts without an append-only file", []],
  ["that reads an older snapshot", ["--dbfilename", "dump.rdb"]],
])("a Redis %s begins a new epoch: sessions reset, and rooms have a gap", async (_which, args) => {
  const server = await startRedis({ args });
  const store = openStore({ url: server.url });
  const claim = await store.sessions.create(newSession);
  await store.rooms.append("r", roomMessage("kept"), keep);
  const position = await store.rooms.position("r");
  if (args.length > 0) await server.command("SAVE");
  await server.signal("SIGKILL");
  await server.restart();
  const { type } = await store.sessions.attach(attachRequest(claim));
  expect(type).toBe(args.length > 0 ? "reset" : "refused");
  expect(await store.rooms.read("r", position, 9)).toMatchObject({ gap: { from: 1 }, entries: [] });
  expect((await store.sessions.create({ ...newSession, sessionId: "t" })).epoch).not.toBe(claim.epoch);
});

test("a replica that is promoted begins a new epoch, and the next restart on its file keeps that", async () => {
  const [master, replica] = [await startRedis(), await startRedis({ args: durable })];
  await replica.command("REPLICAOF", "127.0.0.1", String(master.port));
  const forwarder = await Forwarder.start(master.port);
  const store = openStore({ url: master.urlAt(forwarder.port) });
  const claim = await store.sessions.create(newSession);
  await waitForSession(replica);
  await replica.command("REPLICAOF", "NO", "ONE");
  forwarder.target = replica.port;
  await master.signal("SIGKILL");
  forwarder.break();
  expect(await store.sessions.attach(attachRequest(claim))).toMatchObject({ type: "reset" });
  const { epoch } = await store.sessions.create({ ...newSession, sessionId: "t" });
  expect(epoch).not.toBe(claim.epoch);
  await replica.signal("SIGKILL");
  await replica.restart();
  expect(await store.sessions.create({ ...newSession, sessionId: "u" })).toMatchObject({ epoch });
});

test("a file that has lost the newest writes begins a new epoch, though another process writes first", async () => {
  const server = await startRedis({ args: durable });
  const older = await startRedis({ args: durable });
  await older.command("REPLICAOF", "127.0.0.1", String(server.port));
  const forwarder = await Forwarder.start(server.port);
  const [store, other] = [
    openStore({ url: server.urlAt(forwarder.port) }),
    openStore({ url: server.urlAt(forwarder.port) }),
  ];
  const claim = await store.sessions.create(newSession);
  await other.sessions.list();
  await waitForSession(older);
  await older.command("REPLICAOF", "NO", "ONE"); // its file ends here
  for (let n = 0; n < 5; n += 1) await store.rooms.append("r", roomMessage("lost"), keep);
  await older.signal("SIGKILL");
  await older.restart();
  forwarder.target = older.port;
  forwarder.break();
  for (let n = 0; n < 9; n += 1) await other.rooms.append("r", roomMessage("later"), keep);
  expect(await store.sessions.attach(attachRequest(claim))).toMatchObject({ type: "reset" });
  expect((await store.sessions.create({ ...newSession, sessionId: "t" })).epoch).not.toBe(claim.epoch);
});

test("calls wait for a Redis that stands still, and fail after the timeout with what to do", async () => {
  const server = await startRedis();
  const [waiting, hasty] = [openStore({ url: server.url }), openStore({ url: server.url, timeout: 50 })];
  await vi.waitFor(() => Promise.all([waiting.sessions.list(), hasty.sessions.list()]), waitOptions);
  await server.signal("SIGSTOP");
  const created = waiting.sessions.create(newSession);
  await expect(hasty.rooms.position("r")).rejects.toThrow(
    "Redis did not answer within 50 ms: check its address and its load, or raise `timeout`",
  );
  await server.signal("SIGCONT");
  expect(await created).toMatchObject({ fence: 1 });
  await vi.waitFor(async () => expect(await hasty.sessions.list()).toHaveLength(1), waitOptions);
});

test("a process that stands still for longer than the timeout reads the answers that have come meanwhile", async () => {
  const server = await startRedis();
  const store = openStore({ url: server.url, timeout: 100 });
  await store.sessions.list(); // Redis has the script
  const listed = store.sessions.list();
  await nextTurn(); // the call is on its way
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  expect(await listed).toEqual([]);
});

test("what waits for Redis is bounded: calls that need memory fail, and the others wait", async () => {
  const server = await startRedis();
  const store = openStore({ url: server.url, bufferBytes: 10_000 });
  const claim = await store.sessions.create(newSession);
  await server.signal("SIGSTOP");
  const waiting = store.rooms.append("r", roomMessage("x".repeat(9_000)), keep);
  await expect(store.rooms.append("r", roomMessage("y".repeat(900)), keep)).rejects.toThrow(
    "wait for Redis, which is too slow: try later, or raise `bufferBytes`",
  );
  expect(store.sessions.isOverloaded?.()).toBe(true);
  const removed = store.sessions.remove(claim);
  await server.signal("SIGCONT");
  expect(await waiting).toEqual({ offset: 1, previous: 0 });
  expect(await removed).toBe(true);
  expect(store.sessions.isOverloaded?.()).toBe(false);
});

test("a Redis that is full refuses what needs memory, and accepts what frees it", async () => {
  const server = await startRedis();
  const store = openStore({ url: server.url });
  const claim = await store.sessions.create(newSession);
  await server.command("CONFIG", "SET", "maxmemory", "1");
  await expect(store.sessions.create({ ...newSession, sessionId: "t" })).rejects.toThrow(
    "the store is full: raise `maxmemory` of Redis, end sessions, or keep less room history",
  );
  await expect(store.rooms.append("r", roomMessage(""), keep)).rejects.toThrow("the store is full");
  expect(await store.sessions.detach(claim, 60_000)).toBe(true);
  expect(await store.sessions.remove(claim)).toBe(true);
  await server.command("CONFIG", "SET", "maxmemory", "0");
  expect(await store.sessions.create({ ...newSession, sessionId: "t" })).toMatchObject({ fence: 1 });
});

test("a store that is closed rejects every call, and a close waits for the calls before it", async () => {
  const server = await startRedis();
  const store = redisStore({ url: server.url });
  const created = store.sessions.create(newSession);
  await Promise.all([store.close(), store.close()]);
  expect(await created).toMatchObject({ fence: 1 });
  await expect(store.sessions.list()).rejects.toThrow("the store is closed");
});

test("a Redis that asks for a password refuses a store without one", async () => {
  const server = await startRedis();
  await server.command("CONFIG", "SET", "requirepass", "secret");
  const store = openStore({ url: server.url });
  await expect(store.sessions.list()).rejects.toThrow(
    "Redis asks for another user or password: put them into `url`",
  );
  const allowed = openStore({ url: server.url.replace("//", "//:secret@") });
  expect(await allowed.sessions.list()).toEqual([]);
});

test("a user of Redis that has the rights of docs/nodes.md can do all, by either client", async () => {
  const server = await startRedis();
  expect(await server.command(...(await documentedRights()))).toBe("OK");
  const url = server.url.replace("//", "//chat:password@");
  for (const address of [{ url }, { client: new Redis(url, { lazyConnect: true }) }]) {
    const store = openStore({ ...address, prefix: "chat-production" });
    const notices: unknown[] = [];
    store.sessions.watch("node", (notice) => notices.push(notice));
    await store.rooms.watch("r", { receive: ({ data }) => notices.push(data), missed: () => {} }).ready;
    await appendAll(store, 3);
    await store.proofKey();
    await store.rooms.endMembership("r", "ada");
    await store.rooms.sweep(1e15, 0);
    await store.tickets.put(
      "hash",
      { principal: "ada", origin: undefined, expiresAt: 1, credentialExpiresAt: undefined },
      2,
    );
    await store.tickets.take("hash");
    const [session] = await store.sessions.list();
    expect(session && (await store.sessions.remove(session.claim))).toBe(true);
    expect(await store.sessions.sweep(1)).toBe(false);
    await vi.waitFor(() => expect(notices).toHaveLength(7), waitOptions);
  }
});

test.each([
  [{}, "redisStore needs either `url`"],
  [{ client: {} }, "redisStore needs either `url`"],
  [{ url: "redis://localhost", client: {} }, "redisStore needs either `url`"],
  [{ url: "redis://localhost", prefix: "{a}" }, "`prefix` must be a text without braces and spaces"],
  [{ url: "redis://localhost", timeout: 0 }, "`timeout` must be above 0"],
  [{ url: "redis://localhost", bufferBytes: -1 }, "`bufferBytes` must be above 0"],
  [{ url: "redis://localhost", wait: 1 }, "`wait` must be { replicas, timeout }, not 1"],
  [{ url: "redis://localhost", wait: { replicas: 1, ms: 1 } }, '`wait` has no option "ms"'],
  [
    { url: "redis://localhost", wait: { replicas: 0, timeout: 1 } },
    "`wait.replicas` must be an integer of at",
  ],
  [{ url: "redis://localhost", wait: { replicas: 1.5, timeout: 1 } }, "at least 1, not 1.5"],
  [{ url: "redis://localhost", wait: { replicas: 1 } }, "`wait.timeout` must be an integer from 1 to 10000"],
  [{ url: "redis://localhost", wait: { replicas: 1, timeout: 10_001 } }, "to 10000, not 10001"],
  [
    { url: "redis://localhost", timeout: 100, wait: { replicas: 1, timeout: 100 } },
    "`wait.timeout` must be below `timeout`, which is 100, not 100",
  ],
  [{ client: { evalSha: 0 }, wait: { replicas: 1, timeout: 1 } }, "`wait` needs a client with `multi`"],
  [{ client: { evalsha: 0 }, wait: { replicas: 1, timeout: 1 } }, "`wait` needs a client with `pipeline`"],
  [{ url: "redis://localhost", ttl: 1 }, 'redisStore has no option "ttl"'],
])("options %j are refused", (options, message) => {
  expect(() => redisStore(options as unknown as RedisStoreOptions)).toThrow(message);
});
