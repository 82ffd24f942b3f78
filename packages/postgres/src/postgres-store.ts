import type { Store } from "@symbolon/server/store";
import type { BatchReply } from "./calls/batch.ts";
import { BatchedCalls, type RunBatch } from "./calls/batched-calls.ts";
import type { PostgresAddress } from "./connection/address.ts";
import { connectionConfig } from "./connection/connect.ts";
import { needsConnection } from "./connection/failure.ts";
import { DatabaseLink } from "./connection/database-link.ts";
import { prepareConnection } from "./connection/prepare.ts";
import { News } from "./news.ts";
import { postgresRooms, touchRooms } from "./postgres-rooms.ts";
import { postgresSessions } from "./postgres-sessions.ts";
import { postgresTickets } from "./postgres-tickets.ts";

/** Options of `postgresStore`. */
export type PostgresStoreOptions = PostgresAddress & {
  /**
   * Names the app and its environment, such as `"chat_production"`: all its tables and functions are in the schema of this name,
   * which the store makes, and apps with another name have nothing in common.
   *
   * @default "symbolon"
   */
  readonly prefix?: string;
  /**
   * How long a call waits for PostgreSQL until it fails, in ms. A connection that is lost for a shorter time costs nothing.
   *
   * @default 10_000
   */
  readonly timeout?: number;
  /**
   * How much may wait for PostgreSQL, in bytes. When it is too slow for more, the store refuses new sessions and messages.
   *
   * @default 67_108_864 (64 MiB)
   */
  readonly bufferBytes?: number;
  /**
   * The clock by which sessions end, in ms since 1970. All processes of the store must have the same.
   *
   * @default the clock of PostgreSQL
   */
  readonly now?: () => number;
  /** Receives the errors of the connections. The store connects again on its own. @default console.error */
  readonly onError?: (error: unknown) => void;
};

/** A store in PostgreSQL. */
export interface PostgresStore extends Store {
  /** Waits for the calls in progress, and closes the connections. Every later call rejects. */
  close(): Promise<void>;
}

const optionNames = ["url", "pool", "prefix", "timeout", "bufferBytes", "now", "onError"];

/**
 * A store in PostgreSQL 15 or later that all processes with the same `prefix` share. It has two connections, which it makes when
 * they are needed, and again whenever it has to; calls wait meanwhile. The first connection makes the schema.
 *
 * @throws TypeError or RangeError for an option that cannot be, or is unknown.
 * @example
 * const app = createApp({ store: postgresStore({ url: "postgres://localhost:5432/app", prefix: "chat" }) });
 */
export function postgresStore(options: PostgresStoreOptions): PostgresStore {
  checkOptions(options);
  const { prefix = "symbolon", timeout = 10_000, bufferBytes = 64 * 1024 * 1024, now } = options;
  const config = connectionConfig(options);
  let closing: Promise<void> | undefined;
  let knownProofKey: string | undefined;
  const onError = (error: unknown): void => {
    if (closing === undefined) (options.onError ?? console.error)(error);
  };
  const callsLink = new DatabaseLink({
    config,
    prepare: (client) => prepareConnection(client, prefix, knownProofKey),
    onError,
  });
  const newsLink = new DatabaseLink({
    config,
    prepare: async (client) => {
      await prepareConnection(client, prefix, knownProofKey);
      await client.query("set synchronous_commit = off"); // it only notifies, and deletes notices
      await client.query(`listen "${prefix}"`);
    },
    onError,
    onNotification: (payload) => news.notified(payload),
  });
  const news = new News(newsLink, prefix, timeout);
  const calls = new BatchedCalls(batchRunner(callsLink, now), {
    timeout,
    bufferBytes,
    onNotified: () => news.announce([], true),
    reset: () => callsLink.reset(),
  });
  const touch = (): void => void touchRooms(calls, news, Date.now()).catch(() => {}); // the next sweep does it again
  return {
    sessions: postgresSessions({ calls, news, onSweep: touch }),
    rooms: postgresRooms({ calls, news }),
    tickets: postgresTickets(calls),
    proofKey: async () => {
      if (knownProofKey === undefined) {
        const candidate = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
        knownProofKey = (await calls.call("proof_key", { candidate }, { grows: true })) as string;
      }
      return knownProofKey;
    },
    close: () =>
      (closing ??= calls.close().then(() => {
        news.close();
        for (const link of [callsLink, newsLink]) link.reset();
      })),
  };
}

/** Runs batches over a connection, for this process. */
function batchRunner(link: DatabaseLink, now: (() => number) | undefined): RunBatch {
  const process = crypto.randomUUID();
  return async ({ number, calls }) => {
    const values = [
      process,
      number,
      now?.(),
      `[${calls.map(({ text }) => text).join(",")}]`,
      calls.flatMap(({ sessions }) => sessions),
      calls.flatMap(({ rooms }) => rooms),
    ];
    try {
      const row = await link.query("run", "select run($1, $2, $3, $4, $5, $6)", values);
      return (row as { readonly run: BatchReply }).run;
    } catch (error) {
      if (error instanceof Error && needsConnection(error)) link.reset();
      throw error;
    }
  };
}

function checkOptions(options: PostgresStoreOptions): void {
  const unknown = Object.keys(options).find((name) => !optionNames.includes(name));
  if (unknown !== undefined)
    throw new TypeError(
      `postgresStore has no option ${JSON.stringify(unknown)}: it has ${optionNames.join(", ")}`,
    );
  const { prefix = "a", timeout = 1, bufferBytes = 1 } = options;
  if (typeof prefix !== "string" || !/^[a-z_][a-z0-9_]{0,62}$/.test(prefix) || prefix.startsWith("pg_"))
    throw new TypeError(
      `postgresStore: \`prefix\` must be a schema name of a to z, digits and underscores, such as "chat_production", not ${JSON.stringify(prefix)}`,
    );
  for (const [name, value] of Object.entries({ timeout, bufferBytes }))
    if (!(value > 0)) throw new RangeError(`postgresStore: \`${name}\` must be above 0, not ${value}`);
}
