import { onTestFinished } from "vitest";
import { type RedisStore, redisStore, type RedisStoreOptions } from "../../src/index.ts";
import { RedisServer, type RedisServerOptions } from "./redis-server.ts";

/** Starts a server that ends with the test. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const server = await RedisServer.start(options);
  onTestFinished(() => server.stop());
  return server;
}

/** Opens a store that is closed after the test. It waits for long, and keeps the errors of its connections to itself. */
export function openStore(options: RedisStoreOptions): RedisStore {
  const store = redisStore({ onError: () => {}, timeout: 40_000, ...options });
  onTestFinished(() => store.close());
  return store;
}
