import { setTimeout } from "node:timers/promises";
import { type RedisConnection, type RedisListener, runScript } from "./connection.ts";

/** What the store needs of a client or a cluster of the package `redis` or `@redis/client`. */
export interface NodeRedisClient {
  /** A client with the same options that is not connected. */
  duplicate(): NodeRedisClient;
  /** Connects. */
  connect(): Promise<unknown>;
  /** Runs a script that the server has. */
  evalSha(sha1: string, options: NodeRedisScriptOptions): Promise<unknown>;
  /** Runs a script. */
  eval(script: string, options: NodeRedisScriptOptions): Promise<unknown>;
  /** Subscribes to a channel. */
  subscribe(channel: string, listener: (message: string, channel: string) => void): Promise<unknown>;
  /** Ends a subscription. */
  unsubscribe(channel: string): Promise<unknown>;
  /** Receives the events "ready" and "error". */
  on(event: string, listener: (value?: unknown) => void): unknown;
  /** Closes at once. */
  destroy(): void;
}

/** The keys and the arguments of a script. */
export interface NodeRedisScriptOptions {
  /** The keys. */
  keys: string[];
  /** The arguments. */
  arguments: string[];
}

/** The wait before a cluster is asked to connect again, in ms. */
const retryDelay = 500;

/** Connects by clients with the same options as this one, which stays as it is. */
export function connectNodeRedis(client: NodeRedisClient, listener: RedisListener): RedisConnection {
  const [calls, messages] = [client.duplicate(), client.duplicate()];
  const onMessage = (message: string, channel: string): void => listener.onMessage(channel, message);
  let wasReady = false;
  messages.on("ready", () => {
    if (wasReady) listener.onRestored();
    wasReady = true;
  });
  const closing = new AbortController();
  /** A cluster of which no node answers has to be asked to connect again. */
  const connect = async (one: NodeRedisClient): Promise<void> => {
    one.on("error", (error) => listener.onError(error));
    while (!closing.signal.aborted)
      try {
        await one.connect();
        return;
      } catch (error) {
        listener.onError(error);
        await setTimeout(retryDelay, undefined, { ref: false });
      }
  };
  void connect(calls);
  const connected = connect(messages);
  return {
    run: ({ digest, source }, key, args) => {
      const options = { keys: [key], arguments: [...args] };
      return runScript(
        () => calls.evalSha(digest, options),
        () => calls.eval(source, options),
      );
    },
    subscribe: async (channel) => {
      await connected;
      await messages.subscribe(channel, onMessage);
    },
    unsubscribe: (channel) => messages.unsubscribe(channel),
    close: () => {
      closing.abort();
      calls.destroy();
      messages.destroy();
    },
  };
}
