import { setTimeout } from "node:timers/promises";
import {
  cannotWait,
  confirmScript,
  type RedisConnection,
  type RedisListener,
  runScript,
} from "./connection.ts";
import type { Script } from "../script/script.ts";

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
  /** Begins a pipeline. The option `wait` needs it. */
  multi?(): NodeRedisPipeline;
  /** Receives the events "ready" and "error". */
  on(event: string, listener: (value?: unknown) => void): unknown;
  /** Closes at once. */
  destroy(): void;
}

/** Commands that a client sends together, to one server. */
export interface NodeRedisPipeline {
  /** Adds a script that the server has. */
  evalSha(sha1: string, options: NodeRedisScriptOptions): NodeRedisPipeline;
  /** Adds a script. */
  eval(script: string, options: NodeRedisScriptOptions): NodeRedisPipeline;
  /** Adds `WAIT`. */
  wait(replicas: number, timeout: number): NodeRedisPipeline;
  /** Sends the commands. */
  execAsPipeline(): Promise<unknown>;
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

/**
 * Connects by clients with the same options as this one, which stays as it is.
 *
 * @throws TypeError for a client that cannot wait, if it has to.
 */
export function connectNodeRedis(
  client: NodeRedisClient,
  listener: RedisListener,
  waits: boolean,
): RedisConnection {
  if (waits && typeof client.multi !== "function") throw cannotWait("`multi`");
  const [calls, messages] = [client.duplicate(), client.duplicate()];
  const waiting = waits ? client.duplicate() : undefined;
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
  if (waiting !== undefined) void connect(waiting);
  const connected = connect(messages);
  const run = (one: NodeRedisClient, { digest, source }: Script, options: NodeRedisScriptOptions) =>
    runScript(
      () => one.evalSha(digest, options),
      () => one.eval(source, options),
    );
  return {
    run: (script, key, args) => run(calls, script, { keys: [key], arguments: [...args] }),
    confirm: (script, key, args, { replicas, timeout }) => {
      const options = { keys: [key], arguments: [...args] };
      const one = waiting as Required<NodeRedisClient>;
      return confirmScript(script, {
        run: () => run(one, script, options),
        pipeline: async (command, text) => {
          const pipeline = one.multi();
          const begun = command === "eval" ? pipeline.eval(text, options) : pipeline.evalSha(text, options);
          const results = await begun.wait(replicas, timeout).execAsPipeline();
          const [reply, confirmed] = results as [unknown, number];
          return { reply, replicas: confirmed };
        },
      });
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
      waiting?.destroy();
    },
  };
}
