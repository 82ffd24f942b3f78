import { createClient } from "@redis/client";
import type { RedisConnection, RedisListener } from "./connection.ts";
import { connectIoredis, type IoredisClient } from "./ioredis.ts";
import { connectNodeRedis, type NodeRedisClient } from "./node-redis.ts";

/** How the store finds Redis: by an address, or by the options of a client. */
export type RedisAddress =
  | {
      /** The address: `redis://user:password@host:6379/0`, or `rediss://` for TLS. */
      readonly url: string;
      readonly client?: undefined;
    }
  | {
      /**
       * A client or a cluster of `redis` (5 or later) or `ioredis` (5 or later). The store makes its own connections with the
       * options of this one, which stays yours.
       */
      readonly client: NodeRedisClient | IoredisClient;
      readonly url?: undefined;
    };

/** How often a client made from `url` asks a quiet server, and after which silence it connects again, in ms. */
const [pingInterval, socketTimeout] = [5_000, 15_000];
/**
 * How long it waits before it connects again, in ms: after a restart of Redis every process has to be there soon. One that is
 * late would not learn in time that another one wants its sessions.
 */
const reconnectStrategy = (): number => 50 + Math.random() * 100;

/**
 * Connects to Redis, and once more to wait for replicas if `waits`. The client library connects again whenever it has to.
 *
 * @throws TypeError for an invalid address, or something that is not a client, or not one that can wait.
 */
export function connectRedis(
  { url, client }: RedisAddress,
  listener: RedisListener,
  waits: boolean,
): RedisConnection {
  if (url !== undefined && client === undefined)
    return connectNodeRedis(
      createClient({ url, pingInterval, socket: { socketTimeout, reconnectStrategy } }),
      listener,
      waits,
    );
  if (url === undefined && isObject(client)) {
    if ("evalSha" in client) return connectNodeRedis(client, listener, waits);
    if ("evalsha" in client) return connectIoredis(client, listener, waits);
  }
  throw new TypeError(
    "redisStore needs either `url`, such as redis://localhost:6379, or `client`, a client of the package redis or ioredis",
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
