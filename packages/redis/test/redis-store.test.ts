import { Redis } from "ioredis";
import { createClient } from "@redis/client";
import { afterAll, beforeAll, describe } from "vitest";
import { testModel } from "../../server/test/store/model-conformance.ts";
import { redisStore } from "../src/index.ts";
import { newPrefix, type OpenStore, testRedisStore } from "./redis-conformance.ts";
import { RedisServer } from "./redis-server/redis-server.ts";

let server: RedisServer;
beforeAll(async () => void (server = await RedisServer.start()));
afterAll(() => server.stop());

const now = (): number => Date.now();

const clients: readonly (readonly [string, OpenStore])[] = [
  ["an address", (prefix) => redisStore({ url: server.url, prefix, now })],
  ["a client of redis", (prefix) => redisStore({ client: createClient({ url: server.url }), prefix, now })],
  [
    "a client of ioredis",
    (prefix) => redisStore({ client: new Redis(server.url, { lazyConnect: true }), prefix, now }),
  ],
];

describe.each(clients)("a store in Redis by %s", (name, open) => {
  testRedisStore(name, open, async () => {
    await server.command("FLUSHALL");
  });
});

testModel("a store in Redis", () => redisStore({ url: server.url, prefix: newPrefix() }));
