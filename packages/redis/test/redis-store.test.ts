import { Redis } from "ioredis";
import { createClient } from "@redis/client";
import { afterAll, beforeAll, describe } from "vitest";
import { testHandover } from "../../server/test/store/handover-conformance.ts";
import { testModel } from "../../server/test/store/model-conformance.ts";
import { testSharedStore } from "../../server/test/store/shared-store-conformance.ts";
import { testStore } from "../../server/test/store/store-conformance.ts";
import { type RedisStore, redisStore } from "../src/index.ts";
import { RedisServer } from "./redis-server/redis-server.ts";

let server: RedisServer;
beforeAll(async () => void (server = await RedisServer.start()));
afterAll(() => server.stop());

let prefixes = 0;
const newPrefix = (): string => `test-${(prefixes += 1)}`;
const now = (): number => Date.now();

type Open = (prefix: string) => RedisStore;
const clients: readonly (readonly [string, Open])[] = [
  ["an address", (prefix) => redisStore({ url: server.url, prefix, now })],
  ["a client of redis", (prefix) => redisStore({ client: createClient({ url: server.url }), prefix, now })],
  [
    "a client of ioredis",
    (prefix) => redisStore({ client: new Redis(server.url, { lazyConnect: true }), prefix, now }),
  ],
];

describe.each(clients)("a store in Redis by %s", (name, open) => {
  testStore(name, () => open(newPrefix()));
  testSharedStore(name, () => {
    const prefix = newPrefix();
    return { open: () => open(prefix), lose: () => open(prefix) };
  });
  testHandover(name, () => {
    const prefix = newPrefix();
    return {
      open: () => open(prefix),
      lose: async () => {
        await server.command("FLUSHALL");
        return open(prefix);
      },
    };
  });
});

testModel("a store in Redis", () => redisStore({ url: server.url, prefix: newPrefix() }));
