/** What a store in Redis does with what is published, and with what is not. */
import { Redis } from "ioredis";
import { expect, test, vi } from "vitest";
import { watchRoom } from "../../server/test/store/network/calls-once.ts";
import { Forwarder } from "../../server/test/store/network/forwarder.ts";
import { newSession, retain, roomMessage } from "../../server/test/store/store-fixtures.ts";
import { waitOptions } from "../../../test/time-limits.ts";
import { openStore, startRedis } from "./redis-server/start-redis.ts";

const keep = retain(100_000, 1e9);

test("a watcher learns that it may have missed messages when the connection was lost", async () => {
  const server = await startRedis();
  const forwarder = await Forwarder.start(server.port);
  const [store, other] = [openStore({ url: server.urlAt(forwarder.port) }), openStore({ url: server.url })];
  const received = await watchRoom(store, "r");
  await other.rooms.append("r", roomMessage("a"), keep);
  await vi.waitFor(() => expect(received).toEqual(["a"]), waitOptions);
  forwarder.break();
  await vi.waitFor(() => expect(received).toEqual(["a", "missed"]), waitOptions);
  await other.rooms.append("r", roomMessage("b"), keep);
  await vi.waitFor(() => expect(received).toEqual(["a", "missed", "b"]), waitOptions);
});

test("a message that is not published is found by comparing the position of the room", async () => {
  const server = await startRedis();
  const store = openStore({ url: server.url });
  const missed: string[] = [];
  const { ready } = store.rooms.watch("r", { receive: () => {}, missed: () => missed.push("missed") });
  await ready;
  await store.rooms.append("r", roomMessage("a"), keep);
  await server.command("HINCRBY", "{symbolon}:r:r", "offset", "1");
  for (let sweeps = 0; sweeps < 3; sweeps += 1) await store.rooms.sweep(0, Infinity);
  expect(missed).toEqual(["missed"]);
});

test("what another program publishes ends nothing: it is reported, and counts as missed", async () => {
  const server = await startRedis();
  const errors: unknown[] = [];
  const store = openStore({ url: server.url, onError: (error) => errors.push(error) });
  const received = await watchRoom(store, "r");
  const notices: unknown[] = [];
  store.sessions.watch(newSession.lease.node, (notice) => notices.push(notice));
  const claim = await store.sessions.create(newSession);
  await server.command("PUBLISH", "{symbolon}:room:r", "no message");
  await server.command("PUBLISH", `{symbolon}:node:${newSession.lease.node}`, "no notice");
  await store.rooms.append("r", roomMessage("a"), keep);
  await store.sessions.remove(claim);
  await vi.waitFor(
    () => expect([received, notices]).toMatchObject([["missed", "a"], [{ claim }]]),
    waitOptions,
  );
  expect(errors.map(String)).toEqual([
    "Error: a message in the channel {symbolon}:room:r of Redis cannot be read",
    `Error: a message in the channel {symbolon}:node:${newSession.lease.node} of Redis cannot be read`,
  ]);
});

test.each(["redis", "ioredis"])(
  "notices that %s may not subscribe to are reported, and asked for again",
  async (name) => {
    const server = await startRedis();
    const rights = ["ACL", "SETUSER", "chat", "on", ">password", "~*", "+@all", "resetchannels"];
    await server.command(...rights);
    const url = server.url.replace("//", "//chat:password@");
    const errors: unknown[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    const store = openStore(
      name === "redis" ? { url, onError } : { client: new Redis(url, { lazyConnect: true }), onError },
    );
    const notices: unknown[] = [];
    store.sessions.watch(newSession.lease.node, (notice) => notices.push(notice));
    await vi.waitFor(
      () => expect(errors.map(String)).toEqual([expect.stringContaining("NOPERM")]),
      waitOptions,
    );
    await server.command(...rights.slice(0, 3), "allchannels");
    const claim = await store.sessions.create(newSession);
    await store.sessions.sweep(60_000);
    await vi.waitFor(async () => {
      const [, subscribers] = (await server.command(
        "PUBSUB",
        "NUMSUB",
        `{symbolon}:node:${newSession.lease.node}`,
      )) as [string, number];
      expect(subscribers).toBe(1);
    }, waitOptions);
    await store.sessions.remove(claim);
    await vi.waitFor(() => expect(notices).toEqual([{ type: "removed", claim }]), waitOptions);
  },
);

test("a watch that begins leaves the time as it is at which a sweep looks at its room", async () => {
  const server = await startRedis();
  const store = openStore({ url: server.url });
  await store.rooms.append("r", roomMessage("a"), retain(9, 10_000));
  await store.rooms.sweep(10_000, 5_000);
  const due = () => server.command("ZSCORE", "{symbolon}:rooms", "r");
  const before = await due();
  await watchRoom(store, "r");
  await store.rooms.membership("r", "ada"); // answered after what the watch asks when it begins
  expect([before, await due()]).toEqual([15_000, 15_000]);
});
