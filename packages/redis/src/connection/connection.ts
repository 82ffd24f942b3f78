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

/** Two connections to Redis by one client library: one for calls, one that receives messages. */
export interface RedisConnection {
  /**
   * Runs a script that all keys of an app belong to.
   *
   * @throws the error of the client library, as a rejection.
   */
  run(script: Script, key: string, args: readonly string[]): Promise<unknown>;
  /** Subscribes to a channel. Resolves when every message that is published from then on arrives. */
  subscribe(channel: string): Promise<unknown>;
  /** Ends the subscription to a channel. */
  unsubscribe(channel: string): Promise<unknown>;
  /** Closes both connections. */
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
