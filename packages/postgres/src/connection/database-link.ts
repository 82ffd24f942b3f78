import { Client, type ClientConfig } from "pg";
import { connectionFailure } from "./failure.ts";

/** Options of a `DatabaseLink`. */
export interface DatabaseLinkOptions {
  /** Where the server is, and how to get in. */
  readonly config: ClientConfig;
  /** Prepares each new connection. */
  readonly prepare: (client: Client) => Promise<void>;
  /** Receives the errors of connections. */
  readonly onError: (error: unknown) => void;
  /** Receives the payload of each notification. @default nothing listens */
  readonly onNotification?: (payload: string) => void;
}

/** A connection that is being made, or was. */
interface Open {
  readonly client: Client;
  /** Resolves when the connection is prepared. */
  readonly ready: Promise<void>;
  readonly end: (error: Error) => void;
}

/** A connection to PostgreSQL, which is made when it is needed, and again when it has broken. */
export class DatabaseLink {
  readonly #options: DatabaseLinkOptions;
  #open: Open | undefined;

  constructor(options: DatabaseLinkOptions) {
    this.#options = options;
  }

  /**
   * Runs a statement, after those before it, and returns its first row.
   *
   * @throws the error of the client library, or a `SetupError`, as a rejection.
   */
  async query(name: string, text: string, values: readonly unknown[]): Promise<unknown> {
    const { client, ready } = (this.#open ??= this.#connect());
    await ready;
    const { rows } = await client.query<Record<string, unknown>>({ name, text, values: [...values] });
    return rows[0];
  }

  /** Ends the connection: the statements in progress reject, and the next one makes a new connection. */
  reset(): void {
    this.#open?.end(new Error("the connection was closed"));
  }

  #connect(): Open {
    const { config, prepare, onError, onNotification } = this.#options;
    const client = new Client({ connectionTimeoutMillis: 10_000, keepAlive: true, ...config });
    let abandon: (error: Error) => void = () => {};
    // A client that is ended while it connects does not settle.
    const ended = new Promise<never>((_, reject) => (abandon = reject));
    const end = (error: Error): void => {
      if (this.#open !== open) return;
      this.#open = undefined;
      abandon(error);
      void client.end().catch(() => {}); // it may be broken
    };
    const fail = (error: Error): void => {
      if (this.#open === open) onError(error);
      end(error);
    };
    client.on("error", fail);
    client.on("end", () => end(new Error("the connection has ended")));
    client.on("notification", ({ payload = "" }) => onNotification?.(payload));
    const prepared = client
      .connect()
      .then(() => prepare(client))
      .catch((error: Error) => Promise.reject(connectionFailure(error)));
    const ready = Promise.race([prepared, ended]);
    ready.catch(fail);
    const open = { client, ready, end };
    return open;
  }
}
