import type { ClientConfig } from "pg";
import type { PostgresAddress, PostgresPool } from "./address.ts";

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
