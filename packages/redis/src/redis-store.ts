import type { Store } from "@symbolon/server/store";
import { AccountUsage } from "./account-usage.ts";
import { OrderedCalls } from "./calls/ordered-calls.ts";
import { connectRedis, type RedisAddress } from "./connection/connect.ts";
import { redisRooms } from "./redis-rooms.ts";
import { redisSessions } from "./redis-sessions.ts";
import { redisTickets } from "./redis-tickets.ts";
import { Subscriptions } from "./subscriptions.ts";
import { WatchedRooms } from "./watched-rooms.ts";

/** Options of `redisStore`. */
export type RedisStoreOptions = RedisAddress & {
  /**
   * Names the app and its environment, such as `"chat-production"`: all its keys and channels begin with `{name}:`, and apps
   * with another name have nothing in common. On a Cluster, all keys of an app are on one master.
   *
   * @default "symbolon"
   */
  readonly prefix?: string;
  /** How long a call waits for Redis until it fails, in ms. A connection that is lost for a shorter time costs nothing. @default 10_000 */
  readonly timeout?: number;
  /**
   * How much may wait for Redis, in bytes. When it is too slow for more, the store refuses new sessions and messages.
   *
   * @default 67_108_864 (64 MiB)
   */
  readonly bufferBytes?: number;
  /**
   * How much the rooms may keep of what one account causes, in bytes, estimated: a principal, or an address without one. What
   * your own code sends by `service.room` counts to no account.
   *
   * @default 33_554_432 (32 MiB)
   */
  readonly accountBytes?: number;
  /**
   * The clock by which sessions end, in ms since 1970. All processes of the store must have the same.
   *
   * @default the clock of Redis
   */
  readonly now?: () => number;
  /** Receives the errors of the connections. The store connects again on its own. @default console.error */
  readonly onError?: (error: unknown) => void;
};

/** A store in Redis. */
export interface RedisStore extends Store {
  /** Waits for the calls in progress, and closes the connections. Every later call rejects. */
  close(): Promise<void>;
}

const optionNames = ["url", "client", "prefix", "timeout", "bufferBytes", "accountBytes", "now", "onError"];

/**
 * A store in Redis 7.0 or later, or in Valkey, that all processes with the same `prefix` share. It connects at once, and again
 * whenever it has to; calls wait meanwhile.
 *
 * @throws TypeError or RangeError for an option that cannot be, or is unknown.
 * @example
 * const app = createApp({ store: redisStore({ url: "redis://localhost:6379", prefix: "chat" }) });
 */
export function redisStore(options: RedisStoreOptions): RedisStore {
  checkOptions(options);
  const { prefix: name = "symbolon", timeout = 10_000, bufferBytes = 64 * 1024 * 1024, now } = options;
  const { accountBytes = 32 * 1024 * 1024, onError = (error) => console.error(error) } = options;
  const prefix = `{${name}}:`;
  const connection = connectRedis(options, {
    onMessage: (channel, message) => subscriptions.receive(channel, message),
    onRestored: () => subscriptions.restore(),
    onError: (error) => {
      if (closing === undefined) onError(error);
    },
  });
  let closing: Promise<void> | undefined;
  const subscriptions = new Subscriptions(connection, onError);
  let knownProofKey = "";
  const calls = new OrderedCalls((script, args) => connection.run(script, `${prefix}meta`, args), {
    timeout,
    bufferBytes,
    now,
    proofKey: () => knownProofKey,
  });
  const usage = new AccountUsage(accountBytes);
  const watched = new WatchedRooms(calls);
  const checkRooms = (): void => void watched.check(Date.now()).catch(() => {}); // the next sweep checks again
  return {
    sessions: redisSessions({ calls, subscriptions, usage, prefix, onSweep: checkRooms, onError }),
    rooms: redisRooms({ calls, subscriptions, watched, usage, prefix }),
    tickets: redisTickets(calls),
    proofKey: async () => {
      if (knownProofKey === "") {
        const candidate = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
        knownProofKey = (await calls.call("proofKey", [candidate], { grows: true })) as string;
      }
      return knownProofKey;
    },
    close: () => (closing ??= calls.close().then(() => connection.close())),
  };
}

function checkOptions(options: RedisStoreOptions): void {
  const unknown = Object.keys(options).find((name) => !optionNames.includes(name));
  if (unknown !== undefined)
    throw new TypeError(
      `redisStore has no option ${JSON.stringify(unknown)}: it has ${optionNames.join(", ")}`,
    );
  const { prefix = "a", timeout = 1, bufferBytes = 1, accountBytes = 1 } = options;
  if (typeof prefix !== "string" || !/^[^{}\s]+$/.test(prefix))
    throw new TypeError(
      `redisStore: \`prefix\` must be a text without braces and spaces, not ${JSON.stringify(prefix)}`,
    );
  for (const [name, value] of Object.entries({ timeout, bufferBytes, accountBytes }))
    if (!(value > 0)) throw new RangeError(`redisStore: \`${name}\` must be above 0, not ${value}`);
}
