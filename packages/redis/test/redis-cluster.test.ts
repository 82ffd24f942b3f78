/** A store in a Cluster of three masters. All keys of an app are on one of them. */
import { Cluster } from "ioredis";
import { createCluster } from "@redis/client";
import { afterAll, beforeAll, describe, vi } from "vitest";
import { waitOptions } from "../../../test/time-limits.ts";
import { redisStore } from "../src/index.ts";
import { type OpenStore, testRedisStore } from "./redis-conformance.ts";
import { RedisServer } from "./redis-server/redis-server.ts";

const slots = [
  [0, 5_460],
  [5_461, 10_922],
  [10_923, 16_383],
] as const;
let servers: readonly RedisServer[] = [];

beforeAll(async () => {
  servers = await Promise.all(slots.map(() => RedisServer.start({ args: ["--cluster-enabled", "yes"] })));
  const [first] = servers;
  for (const [index, server] of servers.entries()) {
    await server.command("CLUSTER", "ADDSLOTSRANGE", ...(slots[index] ?? []).map(String));
    await server.command("CLUSTER", "SET-CONFIG-EPOCH", String(index + 1));
    if (server !== first) await server.command("CLUSTER", "MEET", "127.0.0.1", String(first?.port));
  }
  await vi.waitFor(async () => {
    for (const server of servers)
      if (!String(await server.command("CLUSTER", "INFO")).includes("cluster_state:ok"))
        throw new Error("the cluster is not complete");
  }, waitOptions);
});
afterAll(() => Promise.all(servers.map((server) => server.stop())));

const now = (): number => Date.now();
const nodes = () => servers.map(({ port }) => ({ host: "127.0.0.1", port }));

const clients: readonly (readonly [string, OpenStore])[] = [
  [
    "redis",
    (prefix) => {
      const rootNodes = servers.map(({ url }) => ({ url }));
      return redisStore({ client: createCluster({ rootNodes }), prefix, now });
    },
  ],
  ["ioredis", (prefix) => redisStore({ client: new Cluster(nodes(), { lazyConnect: true }), prefix, now })],
];

describe.each(clients)("a store in a Cluster by %s", (name, open) => {
  testRedisStore(name, open, async () => {
    for (const server of servers) await server.command("FLUSHALL");
  });
});
