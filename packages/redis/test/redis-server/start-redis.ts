import { onTestFinished } from "vitest";
import { RedisServer, type RedisServerOptions } from "./redis-server.ts";

/** Starts a server that ends with the test. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const server = await RedisServer.start(options);
  onTestFinished(() => server.stop());
  return server;
}
