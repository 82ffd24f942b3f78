/** A store in a Cluster that waits for replicas: WAIT has no key, and has to reach the master of the app. */
import { Cluster } from "ioredis";
import { createCluster } from "@redis/client";
import { expect, test, vi } from "vitest";
import { slow, waitOptions } from "../../../test/time-limits.ts";
import { allAppended, appendAll } from "../../server/test/store/network/calls-once.ts";
import { attachRequest, newSession } from "../../server/test/store/store-fixtures.ts";
import type { RedisAddress } from "../src/index.ts";
import type { RedisServer } from "./redis-server/redis-server.ts";
import { countCommand, durable, findMostAdvanced } from "./redis-server/replicas.ts";
import { openStore, startRedis } from "./redis-server/start-redis.ts";

const wait = { replicas: 1, timeout: 10_000 };

/** Starts a master that has all slots, one without slots, and two replicas of the first. */
async function startCluster() {
  const args = [...durable, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000"];
  const start = () => startRedis({ args });
  const [master, empty] = [await start(), await start()];
  const replicas = [await start(), await start()] as const;
  await master.command("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
  for (const server of [empty, ...replicas])
    await server.command("CLUSTER", "MEET", "127.0.0.1", String(master.port));
  const id = String(await master.command("CLUSTER", "MYID"));
  for (const replica of replicas) {
    await vi.waitFor(() => replica.command("CLUSTER", "REPLICATE", id), waitOptions);
    await vi.waitFor(async () => {
      const replication = String(await replica.command("INFO", "replication"));
      if (!replication.includes("master_link_status:up")) throw new Error(replication);
    }, waitOptions);
  }
  const servers = [master, empty, ...replicas];
  for (const server of servers)
    await vi.waitFor(async () => {
      const nodes = String(await server.command("CLUSTER", "NODES"));
      expect(nodes.match(/slave/g)).toHaveLength(2);
      expect(String(await server.command("CLUSTER", "INFO"))).toContain("cluster_state:ok");
    }, waitOptions);
  return { master, empty, replicas, servers };
}

const clients: readonly (readonly [string, (servers: readonly RedisServer[]) => RedisAddress])[] = [
  ["redis", (servers) => ({ client: createCluster({ rootNodes: servers.map(({ url }) => ({ url })) }) })],
  [
    "ioredis",
    (servers) => {
      const nodes = servers.map(({ port }) => ({ host: "127.0.0.1", port }));
      return { client: new Cluster(nodes, { lazyConnect: true }) };
    },
  ],
];

test.each(clients)(
  "a Cluster by %s goes on with a replica that is promoted, in the same epoch",
  slow,
  async (_name, address) => {
    const { master, empty, replicas, servers } = await startCluster();
    const store = openStore({ ...address(servers), wait });
    const claim = await store.sessions.create({ ...newSession, sessionId: "before" });
    const appending = appendAll(store, 500);
    await vi.waitFor(
      async () => expect((await store.rooms.position("r")).offset).toBeGreaterThan(100),
      waitOptions,
    );
    expect(await countCommand(master, "wait")).toBeGreaterThan(0);
    expect(await countCommand(empty, "wait")).toBe(0);
    await master.signal("SIGKILL");
    const promoted = await findMostAdvanced(replicas);
    await promoted.command("CLUSTER", "FAILOVER", "TAKEOVER");
    // The other replica would find it by itself, but on a busy machine later than a call waits.
    const id = String(await promoted.command("CLUSTER", "MYID"));
    const follower = replicas.find((replica) => replica !== promoted);
    await vi.waitFor(() => follower?.command("CLUSTER", "REPLICATE", id), waitOptions);
    expect(await appending).toEqual(allAppended(500));
    expect(await store.sessions.attach(attachRequest(claim))).toMatchObject({ type: "resumed" });
    expect((await store.sessions.create({ ...newSession, sessionId: "after" })).epoch).toBe(claim.epoch);
  },
);
