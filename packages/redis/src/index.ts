export { type RedisStore, type RedisStoreOptions, redisStore } from "./redis-store.ts";
export type { RedisAddress } from "./connection/connect.ts";
export type { IoredisClient } from "./connection/ioredis.ts";
export type { NodeRedisClient, NodeRedisScriptOptions } from "./connection/node-redis.ts";
