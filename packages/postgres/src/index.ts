export { type PostgresStore, type PostgresStoreOptions, postgresStore } from "./postgres-store.ts";
export type { PostgresAddress, PostgresPool } from "./connection/address.ts";
