import { createClient } from "@redis/client";
import type { ChatChange } from "../chat-change.ts";
import { redisSocket } from "../settings.ts";

/** The stream of all changes in Redis: their one order is the same for every node. */
export const changesKey = "demo:changes";
/** How many changes the stream keeps: about the messages of a few rooms. */
const TRIM = { strategy: "MAXLEN", strategyModifier: "~", threshold: 10_000 } as const;

/** A client of the Redis of the nodes, which has not connected yet. */
export type RedisClient = ReturnType<typeof createRedisClient>;

/** Makes a client of the Redis whose Unix socket is in the folder of the nodes. */
export function createRedisClient(directory: string) {
  return createClient({ socket: { path: redisSocket(directory), tls: false } });
}

/** Appends a change to the stream. The process that has made it recognises it by the key. */
export async function appendChange(client: RedisClient, change: ChatChange, key = ""): Promise<void> {
  await client.xAdd(changesKey, "*", { key, change: JSON.stringify(change) }, { TRIM });
}

/** Reports to all nodes that the node with this number was killed. */
export async function reportLostNode(directory: string, node: number): Promise<void> {
  const client = createRedisClient(directory);
  await client.connect();
  try {
    await appendChange(client, { type: "lost", node });
  } finally {
    client.destroy();
  }
}
