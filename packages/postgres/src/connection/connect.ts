import type { ClientConfig } from "pg";

/** A pool of the package `pg`, of which the store takes the options. */
export interface PostgresPool {
  /** The options that the pool was made with. */
  readonly options: object;
}

/** How the store finds PostgreSQL: by an address, or by the options of a pool. */
export type PostgresAddress =
  | {
      /** The address: `postgres://user:password@host:5432/database`, with `?sslmode=verify-full` for TLS. */
      readonly url: string;
      readonly pool?: undefined;
    }
  | {
      /** A `Pool` of the package `pg`. The store makes its own two connections with its options; the pool stays yours. */
      readonly pool: PostgresPool;
      readonly url?: undefined;
    };

/**
 * The options of the store's connections.
 *
 * @throws TypeError for an invalid address, or something else than a pool.
 */
export function connectionConfig({ url, pool }: PostgresAddress): ClientConfig {
  if (pool === undefined && typeof url === "string" && /^postgres(ql)?:\/\//.test(url))
    return { connectionString: url };
  if (url === undefined && hasOptions(pool)) {
    const options: ClientConfig = pool.options;
    // A pool hides its password from copies.
    return { ...options, ...(options.password !== undefined && { password: options.password }) };
  }
  throw new TypeError(
    "postgresStore needs either `url`, such as postgres://localhost:5432/app, or `pool`, a Pool of the package pg",
  );
}

function hasOptions(pool: unknown): pool is PostgresPool {
  return typeof pool === "object" && pool !== null && "options" in pool && typeof pool.options === "object";
}
