import type { Store } from "@symbolon/server/store";
import { AccountUsage } from "./account-usage.ts";
import type { ReplicaWait } from "./calls/confirmations.ts";
import { OrderedCalls } from "./calls/ordered-calls.ts";
import type { RedisListener } from "./connection/connection.ts";
import { connectRedis, type RedisAddress } from "./connection/connect.ts";
import { PublishedMessages } from "./published-messages.ts";
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
   * Answers, and passes messages on, only when so many `replicas` have acknowledged them (the command `WAIT`): a replica that
   * is promoted then keeps what was confirmed, and sessions go on there. When fewer have within `timeout` ms, the call rejects,
   * though Redis may have done it. All processes of the store must have the same. "More than one node" of the docs says what it
   * needs, and what it costs. `replicas` is at least 1; `timeout` is from 1 to 10,000, and below the `timeout` of the store.
   *
   * @default undefined: Redis alone confirms, and a replica that is promoted begins a new epoch
   */
  readonly wait?: ReplicaWait;
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

/** How long a call waits for Redis by default, in ms. */
const defaultTimeout = 10_000;
/** How long replicas may take at most, in ms: less than what a client takes for a connection that is lost. */
const longestWait = 10_000;

const optionNames = [
  "url",
  "client",
  "prefix",
  "timeout",
  "bufferBytes",
  "accountBytes",
  "wait",
  "now",
  "onError",
];

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
  const {
    prefix: name = "symbolon",
    timeout = defaultTimeout,
    bufferBytes = 64 * 1024 * 1024,
    now,
    wait,
  } = options;
  const { accountBytes = 32 * 1024 * 1024, onError = (error) => console.error(error) } = options;
  const prefix = `{${name}}:`;
  const waits = wait !== undefined;
  const listener: RedisListener = {
    onMessage: (channel, message) => published.receive(channel, message),
    onRestored: () => subscriptions.restore(),
    onError: (error) => {
      if (closing === undefined) onError(error);
    },
  };
  const connection = connectRedis(options, listener, waits);
  let closing: Promise<void> | undefined;
  const subscriptions = new Subscriptions(connection, onError);
  let knownProofKey = "";
  const calls = new OrderedCalls((script, args) => connection.run(script, `${prefix}meta`, args), {
    timeout,
    bufferBytes,
    now,
    proofKey: () => knownProofKey,
    wait: wait && {
      ...wait,
      run: (script, args) => connection.confirm(script, `${prefix}meta`, args, wait),
    },
  });
  const published = new PublishedMessages({ calls, subscriptions, waits, bufferBytes });
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
  if (options.wait !== undefined) checkWait(options.wait, options.timeout ?? defaultTimeout);
}

function checkWait(wait: ReplicaWait, storeTimeout: number): void {
  if (typeof wait !== "object" || wait === null)
    throw new TypeError(`redisStore: \`wait\` must be { replicas, timeout }, not ${JSON.stringify(wait)}`);
  const unknown = Object.keys(wait).find((name) => name !== "replicas" && name !== "timeout");
  if (unknown !== undefined)
    throw new TypeError(
      `redisStore: \`wait\` has no option ${JSON.stringify(unknown)}: it has replicas, timeout`,
    );
  const { replicas, timeout } = wait;
  if (!Number.isSafeInteger(replicas) || replicas < 1)
    throw new RangeError(
      `redisStore: \`wait.replicas\` must be an integer of at least 1, not ${String(replicas)}`,
    );
  if (!Number.isSafeInteger(timeout) || timeout < 1 || timeout > longestWait)
    throw new RangeError(
      `redisStore: \`wait.timeout\` must be an integer from 1 to ${longestWait}, not ${String(timeout)}`,
    );
  if (timeout >= storeTimeout)
    throw new RangeError(
      `redisStore: \`wait.timeout\` must be below \`timeout\`, which is ${storeTimeout}, not ${timeout}`,
    );
}
