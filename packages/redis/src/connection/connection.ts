import type { Confirmation, ReplicaWait } from "../calls/confirmations.ts";
import type { Script } from "../script/script.ts";

/** What a connection reports. */
export interface RedisListener {
  /** A message has arrived in a channel. */
  onMessage(channel: string, message: string): void;
  /** The connection that receives messages was lost, and is there again: the channels have to be subscribed to once more. */
  onRestored(): void;
  /** The client reports an error. It connects again on its own. */
  onError(error: unknown): void;
}

/** The connections to Redis by one client library: one for calls, one that receives messages, and one that waits for replicas. */
export interface RedisConnection {
  /**
   * Runs a script that all keys of an app belong to.
   *
   * @throws the error of the client library, as a rejection.
   */
  run(script: Script, key: string, args: readonly string[]): Promise<unknown>;
  /**
   * Runs a script, and then `WAIT` on the same connection: a reconnect between them is an error. Only for a connection that
   * was made to wait.
   *
   * @throws the error of the client library, as a rejection.
   */
  confirm(script: Script, key: string, args: readonly string[], wait: ReplicaWait): Promise<Confirmation>;
  /** Subscribes to a channel. Resolves when every message that is published from then on arrives. */
  subscribe(channel: string): Promise<unknown>;
  /** Ends the subscription to a channel. */
  unsubscribe(channel: string): Promise<unknown>;
  /** Closes the connections. */
  close(): void;
}

/** Runs a script by its digest, or by its source when Redis does not have it. */
export async function runScript(
  byDigest: () => Promise<unknown>,
  bySource: () => Promise<unknown>,
): Promise<unknown> {
  try {
    return await byDigest();
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("NOSCRIPT")) return bySource();
    throw error;
  }
}

/** What `confirm` needs of a client library. */
export interface ConfirmSteps {
  /** Runs the script by its digest, or by its source, and then `WAIT`, in one pipeline to the master that has the key. */
  readonly pipeline: (command: "evalsha" | "eval", script: string) => Promise<Confirmation>;
  /** Runs the script alone: a client of a Cluster learns with it which master has the key now. */
  readonly run: () => Promise<unknown>;
}

/** Runs a script and `WAIT`. No client follows a redirection of a Cluster with a whole pipeline. */
export async function confirmScript({ digest, source }: Script, steps: ConfirmSteps): Promise<Confirmation> {
  try {
    return (await runScript(
      () => steps.pipeline("evalsha", digest),
      () => steps.pipeline("eval", source),
    )) as Confirmation;
  } catch (error) {
    if (error instanceof Error && /^(MOVED|READONLY)\b/.test(error.message)) await steps.run();
    throw error;
  }
}

/** The error for a client that has no pipeline. */
export function cannotWait(method: string): TypeError {
  return new TypeError(
    `redisStore: \`wait\` needs a client with ${method}, which this one does not have: use \`url\`, or a client or a cluster of redis or ioredis`,
  );
}
