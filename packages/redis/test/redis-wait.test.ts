/** What the option `wait` gives: what is confirmed is on replicas, and a replica that is promoted goes on. */
import { Redis } from "ioredis";
import { createClient } from "@redis/client";
import { connect } from "../../client/src/index.ts";
import { contract } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { slow, waitOptions } from "../../../test/time-limits.ts";
import { allAppended, appendAll, watchRoom } from "../../server/test/store/network/calls-once.ts";
import { Forwarder } from "../../server/test/store/network/forwarder.ts";
import { attachRequest, newSession, retain, roomMessage } from "../../server/test/store/store-fixtures.ts";
import type { RedisAddress } from "../src/index.ts";
import { documentedRights } from "./redis-server/rights.ts";
import { countCommand, durable, promote, startReplica } from "./redis-server/replicas.ts";
import { openStore, startRedis } from "./redis-server/start-redis.ts";

const keep = retain(100_000, 1e9);
const numbers = contract("/numbers", { client: { post: z.number() } });
const wait = { replicas: 1, timeout: 10_000 };

const addresses: readonly (readonly [string, (url: string) => RedisAddress])[] = [
  ["an address", (url) => ({ url })],
  ["a client of redis", (url) => ({ client: createClient({ url }) })],
  ["a client of ioredis", (url) => ({ client: new Redis(url, { lazyConnect: true }) })],
];

describe.each(addresses)("a store by %s that waits for a replica", (_name, address) => {
  test("answers a call when the replica has what it has written", async () => {
    const master = await startRedis();
    const replica = await startReplica(master);
    const store = openStore({ ...address(master.url), wait });
    await store.sessions.create(newSession);
    expect(await replica.command("EXISTS", "{symbolon}:s:s")).toBe(1);
    for (let n = 1; n <= 20; n += 1) {
      await store.rooms.append("r", roomMessage(`${n}`), keep);
      expect(await replica.command("LLEN", "{symbolon}:e:r")).toBe(n);
    }
  });

  test("rejects a call that no replica acknowledges, and does it once", async () => {
    const master = await startRedis();
    const replica = await startReplica(master);
    const store = openStore({ ...address(master.url), wait: { replicas: 1, timeout: 2_000 } });
    const claim = await store.sessions.create(newSession);
    await replica.signal("SIGSTOP");
    const appended = store.rooms.append("r", roomMessage("a"), keep);
    await expect(appended).rejects.toThrow(
      "`wait.replicas` is 1, and 0 of them acknowledged within 2000 ms: Redis may have done the call, and may lose it.",
    );
    await replica.signal("SIGCONT");
    await vi.waitFor(() => store.rooms.position("r"), waitOptions); // it waits for the replica too
    await store.rooms.append("r", roomMessage("b"), keep);
    expect((await store.rooms.read("r", {}, 9)).entries.map(({ data }) => data)).toEqual(["a", "b"]);
    expect(await store.sessions.attach(attachRequest(claim))).toMatchObject({ type: "resumed" });
  });

  test("takes no answer of a new connection for the replica's, when the connection breaks meanwhile", async () => {
    const master = await startRedis();
    const replica = await startReplica(master);
    const forwarder = await Forwarder.start(master.port);
    const url = master.urlAt(forwarder.port);
    const store = openStore({ ...address(url), wait: { replicas: 1, timeout: 5_000 } });
    await store.sessions.create(newSession);
    await replica.signal("SIGSTOP");
    const appended = Promise.resolve(store.rooms.append("r", roomMessage("a"), keep));
    appended.catch(() => {}); // it is looked at below
    await vi.waitFor(
      async () => expect(await master.command("INFO", "clients")).toContain("blocked_clients:1"),
      waitOptions,
    );
    forwarder.break();
    await expect(appended).rejects.toThrow("and 0 of them acknowledged within 5000 ms");
    await replica.signal("SIGCONT");
    expect((await store.rooms.read("r", {}, 9)).entries).toHaveLength(1);
  });

  test("makes each call once, in order, while connections break", slow, async () => {
    const master = await startRedis();
    await startReplica(master);
    const forwarder = await Forwarder.start(master.port);
    const store = openStore({ ...address(master.urlAt(forwarder.port)), wait });
    forwarder.breakAfter(30_000);
    expect(await appendAll(store, 500)).toEqual(allAppended(500));
    expect(forwarder.breaks).toBeGreaterThan(3);
  });

  test(
    "goes on with a replica that is promoted: each call once, in order, in the same epoch",
    slow,
    async () => {
      const master = await startRedis({ args: durable });
      const replicas = [await startReplica(master), await startReplica(master)] as const;
      const forwarder = await Forwarder.start(master.port);
      const store = openStore({ ...address(master.urlAt(forwarder.port)), wait });
      const before = await store.sessions.create({ ...newSession, sessionId: "before" });
      const position = await store.rooms.position("r");
      const appending = appendAll(store, 1_500);
      await vi.waitFor(
        async () => expect((await store.rooms.position("r")).offset).toBeGreaterThan(500),
        waitOptions,
      );
      await master.signal("SIGKILL");
      forwarder.target = (await promote(replicas)).port;
      forwarder.break();
      expect(await appending).toEqual(allAppended(1_500));
      expect(await store.rooms.position("r")).toEqual({ epoch: position.epoch, offset: 3_000 });
      expect(await store.sessions.attach(attachRequest(before))).toMatchObject({ type: "resumed" });
      const { epoch } = await store.sessions.create({ ...newSession, sessionId: "after" });
      expect(epoch).toBe(before.epoch);
    },
  );

  test("sends no WAIT without the option", async () => {
    const server = await startRedis();
    const store = openStore(address(server.url));
    await appendAll(store, 3);
    expect(await countCommand(server, "wait")).toBe(0);
  });
});

test(
  "an app reports that replicas are missing, and goes on when they are back: no message is lost or handled twice",
  slow,
  async () => {
    const master = await startRedis();
    const replica = await startReplica(master);
    const errors: unknown[] = [];
    const handled: number[] = [];
    const app = createApp({
      store: openStore({ url: master.url, wait: { replicas: 1, timeout: 1_000 } }),
      onError: (error) => void errors.push(error),
    });
    onTestFinished(() => app.end());
    app.implement(numbers, () => ({ post: (n) => void handled.push(n) }));
    const client = connect(numbers, { url: "ws://test", WebSocket: testNetwork(app).WebSocket });
    onTestFinished(() => client.close());
    const resets: unknown[] = [];
    client.onReset((reset) => resets.push(reset));
    const outcomes: Promise<unknown>[] = [client.send("post", 0)];
    await outcomes[0];
    await replica.signal("SIGSTOP");
    for (let n = 1; n <= 20; n += 1) outcomes.push(client.send("post", n));
    await vi.waitFor(
      () => expect(errors.map(String)).toContainEqual(expect.stringContaining("`wait.replicas` is 1,")),
      waitOptions,
    );
    await replica.signal("SIGCONT");
    await Promise.all(outcomes);
    expect(handled).toEqual(Array.from({ length: 21 }, (_, n) => n));
    expect(resets).toEqual([]);
  },
);

test("a user of Redis needs the right to WAIT besides those of docs/nodes.md", async () => {
  const master = await startRedis();
  const replica = await startReplica(master);
  const rights = await documentedRights();
  await master.command(...rights);
  const store = openStore({
    url: master.url.replace("//", "//chat:password@"),
    prefix: "chat-production",
    wait,
  });
  await expect(store.sessions.create(newSession)).rejects.toThrow("may not do what the store needs");
  await master.command(...rights, "+wait");
  expect(await store.sessions.list()).toHaveLength(1);
  expect(await replica.command("EXISTS", "{chat-production}:s:s")).toBe(1);
});

test("one WAIT is for all calls that Redis has answered before it", async () => {
  const master = await startRedis();
  await startReplica(master);
  const store = openStore({ url: master.url, wait });
  await store.rooms.position("r");
  const before = await countCommand(master, "wait");
  await Promise.all(
    Array.from({ length: 1_000 }, async (_, n) => store.rooms.append("r", roomMessage(`${n}`), keep)),
  );
  expect((await countCommand(master, "wait")) - before).toBeLessThan(500);
});

test("a message to a room waits for the replica too; without it, the watchers learn that they may have missed one", async () => {
  const master = await startRedis();
  const replica = await startReplica(master);
  const waiting = openStore({ url: master.url, wait: { replicas: 1, timeout: 1_000 } });
  const other = openStore({ url: master.url });
  const received = await watchRoom(waiting, "r");
  await other.rooms.append("r", roomMessage("a"), keep);
  await vi.waitFor(() => expect(received).toEqual(["a"]), waitOptions);
  await replica.signal("SIGSTOP");
  await other.rooms.append("r", roomMessage("b"), keep);
  await vi.waitFor(() => expect(received).toEqual(["a", "missed"]), waitOptions);
  await replica.signal("SIGCONT");
});

test("a replica that lacks what a process knows to be confirmed begins a new epoch", async () => {
  const master = await startRedis({ args: durable });
  const [replica, stale] = [await startReplica(master), await startReplica(master)];
  const forwarder = await Forwarder.start(master.port);
  const store = openStore({ url: master.urlAt(forwarder.port), wait });
  const claim = await store.sessions.create(newSession);
  await vi.waitFor(async () => expect(await stale.command("EXISTS", "{symbolon}:s:s")).toBe(1), waitOptions);
  await stale.command("REPLICAOF", "NO", "ONE");
  await store.rooms.append("r", roomMessage("confirmed"), keep);
  await master.signal("SIGKILL");
  await replica.command("REPLICAOF", "127.0.0.1", String(stale.port));
  forwarder.target = stale.port;
  forwarder.break();
  expect(await store.sessions.attach(attachRequest(claim))).toMatchObject({ type: "reset" });
});

test("a replica that is promoted while no process knows what it should have begins a new epoch", async () => {
  const master = await startRedis({ args: durable });
  const replicas = [await startReplica(master), await startReplica(master)] as const;
  const claim = await openStore({ url: master.url, wait }).sessions.create(newSession);
  await master.signal("SIGKILL");
  const promoted = await promote(replicas);
  const later = openStore({ url: promoted.url, wait });
  expect(await later.sessions.attach(attachRequest(claim))).toMatchObject({ type: "reset" });
});
