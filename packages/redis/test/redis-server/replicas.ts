import { vi } from "vitest";
import { waitOptions } from "../../../../test/time-limits.ts";
import type { RedisServer } from "./redis-server.ts";
import { startRedis } from "./start-redis.ts";

/** Redis writes each change to its file before it answers: by default it may lose the newest ones when it is killed. */
export const durable = ["--appendonly", "yes", "--appendfsync", "always"];

/** Starts a replica, with an append-only file, that ends with the test. Resolves when it has what the master has. */
export async function startReplica(master: RedisServer): Promise<RedisServer> {
  const replica = await startRedis({ args: durable });
  await follow(replica, master);
  return replica;
}

/** Makes a server the replica of another one. Resolves when it has what that one has. */
async function follow(replica: RedisServer, master: RedisServer): Promise<void> {
  await replica.command("REPLICAOF", "127.0.0.1", String(master.port));
  await vi.waitFor(async () => {
    const replication = String(await replica.command("INFO", "replication"));
    if (!replication.includes("master_link_status:up")) throw new Error(replication);
  }, waitOptions);
}

/** The replica that has most, which Sentinel and a Cluster choose. */
export async function findMostAdvanced(replicas: readonly [RedisServer, RedisServer]): Promise<RedisServer> {
  const [first, second] = await Promise.all(replicas.map(receivedOffset));
  return (first ?? 0) < (second ?? 0) ? replicas[1] : replicas[0];
}

/** Makes the replica that has most the master of the other one, and returns it. */
export async function promote(replicas: readonly [RedisServer, RedisServer]): Promise<RedisServer> {
  const promoted = await findMostAdvanced(replicas);
  await promoted.command("REPLICAOF", "NO", "ONE");
  for (const other of replicas) if (other !== promoted) await follow(other, promoted);
  return promoted;
}

/** How often a server has run a command. */
export async function countCommand(server: RedisServer, name: string): Promise<number> {
  const stats = String(await server.command("INFO", "commandstats"));
  return Number(new RegExp(`^cmdstat_${name}:calls=(\\d+)`, "m").exec(stats)?.[1] ?? 0);
}

async function receivedOffset(replica: RedisServer): Promise<number> {
  const replication = String(await replica.command("INFO", "replication"));
  return Number(/slave_repl_offset:(\d+)/.exec(replication)?.[1]);
}
