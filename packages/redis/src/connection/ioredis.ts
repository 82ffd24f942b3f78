import {
  cannotWait,
  confirmScript,
  type RedisConnection,
  type RedisListener,
  runScript,
} from "./connection.ts";
import type { Script } from "../script/script.ts";

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
  /** Begins a pipeline: commands that go to one server together. The option `wait` needs it. */
  pipeline?(commands: unknown[][]): IoredisPipeline;
  /** Receives the events "ready", "message" and "error". */
  on(event: string, listener: (value: string, other: string) => void): unknown;
  /** Closes at once. */
  disconnect(): void;
}

/** Commands that a client sends together, to one server. */
export interface IoredisPipeline {
  /** Sends the commands. */
  exec(): Promise<[error: Error | null, result: unknown][] | null>;
}

/** The client sends a call again when a connection breaks, as often as it takes: Redis runs it once, though it arrives twice. */
const callOptions = { autoResendUnfulfilledCommands: true, maxRetriesPerRequest: null };

/**
 * Connects by clients with the same options as this one, which stays as it is.
 *
 * @throws TypeError for a client that cannot wait, if it has to.
 */
export function connectIoredis(
  client: IoredisClient,
  listener: RedisListener,
  waits: boolean,
): RedisConnection {
  if (waits && typeof client.pipeline !== "function") throw cannotWait("`pipeline`");
  const duplicate = client.duplicate.bind(client) as (...args: unknown[]) => IoredisClient;
  const duplicateForCalls = (): IoredisClient =>
    client.isCluster ? duplicate([], { redisOptions: callOptions }) : duplicate(callOptions);
  const [calls, messages] = [duplicateForCalls(), duplicate()];
  const waiting = waits ? duplicateForCalls() : undefined;
  let wasReady = false;
  messages.on("ready", () => {
    if (wasReady) listener.onRestored();
    wasReady = true;
  });
  messages.on("message", (channel: string, message: string) => listener.onMessage(channel, message));
  for (const one of [calls, messages, waiting]) one?.on("error", (error: unknown) => listener.onError(error));
  const run = (one: IoredisClient, { digest, source }: Script, key: string, args: readonly string[]) =>
    runScript(
      () => one.evalsha(digest, 1, key, ...args),
      () => one.eval(source, 1, key, ...args),
    );
  return {
    run: (script, key, args) => run(calls, script, key, args),
    confirm: (script, key, args, { replicas, timeout }) => {
      const one = waiting as Required<IoredisClient>;
      return confirmScript(script, {
        run: () => run(one, script, key, args),
        pipeline: async (command, text) => {
          const commands = [
            [command, text, 1, key, ...args],
            ["wait", replicas, timeout],
          ];
          const results = (await one.pipeline(commands).exec()) ?? [];
          const failed = results.find(([error]) => error !== null)?.[0];
          if (failed) throw failed;
          const [reply, confirmed] = results.map(([, result]) => result) as [unknown, number];
          return { reply, replicas: confirmed };
        },
      });
    },
    subscribe: (channel) => messages.subscribe(channel),
    unsubscribe: (channel) => messages.unsubscribe(channel),
    close: () => {
      calls.disconnect();
      messages.disconnect();
      waiting?.disconnect();
    },
  };
}
