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
