export { type RedisStore, type RedisStoreOptions, redisStore } from "./redis-store.ts";
export type { ReplicaWait } from "./calls/confirmations.ts";
export type { RedisAddress } from "./connection/connect.ts";
export type { IoredisClient, IoredisPipeline } from "./connection/ioredis.ts";
export type { NodeRedisClient, NodeRedisPipeline, NodeRedisScriptOptions } from "./connection/node-redis.ts";
