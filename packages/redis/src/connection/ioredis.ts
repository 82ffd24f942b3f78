import { type RedisConnection, type RedisListener, runScript } from "./connection.ts";

/** What the store needs of a `Redis` or a `Cluster` of the package `ioredis`. */
export interface IoredisClient {
  /** Whether this is a `Cluster`. */
  readonly isCluster: boolean;
  /** A client with the same options; a `Cluster` has another order of parameters. */
  duplicate(...args: never[]): IoredisClient;
  /** Runs a script that the server has. */
  evalsha(sha1: string, keys: number, ...args: string[]): Promise<unknown>;
  /** Runs a script. */
  eval(script: string, keys: number, ...args: string[]): Promise<unknown>;
  /** Subscribes to a channel. */
  subscribe(channel: string): Promise<unknown>;
  /** Ends a subscription. */
  unsubscribe(channel: string): Promise<unknown>;
  /** Receives the events "ready", "message" and "error". */
  on(event: string, listener: (value: string, other: string) => void): unknown;
  /** Closes at once. */
  disconnect(): void;
}

/** The client sends a call again when a connection breaks, as often as it takes: Redis runs it once, though it arrives twice. */
const callOptions = { autoResendUnfulfilledCommands: true, maxRetriesPerRequest: null };

/** Connects by clients with the same options as this one, which stays as it is. */
export function connectIoredis(client: IoredisClient, listener: RedisListener): RedisConnection {
  const duplicate = client.duplicate.bind(client) as (...args: unknown[]) => IoredisClient;
  const calls = client.isCluster ? duplicate([], { redisOptions: callOptions }) : duplicate(callOptions);
  const messages = duplicate();
  let wasReady = false;
  messages.on("ready", () => {
    if (wasReady) listener.onRestored();
    wasReady = true;
  });
  messages.on("message", (channel: string, message: string) => listener.onMessage(channel, message));
  for (const one of [calls, messages]) one.on("error", (error: unknown) => listener.onError(error));
  return {
    run: ({ digest, source }, key, args) =>
      runScript(
        () => calls.evalsha(digest, 1, key, ...args),
        () => calls.eval(source, 1, key, ...args),
      ),
    subscribe: (channel) => messages.subscribe(channel),
    unsubscribe: (channel) => messages.unsubscribe(channel),
    close: () => {
      calls.disconnect();
      messages.disconnect();
    },
  };
}
