/** Opens the stores of the bench. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgresStore } from "@symbolon/postgres";
import { redisStore } from "@symbolon/redis";
import { fileStore } from "@symbolon/server/file";
import { memoryStore, type Store } from "@symbolon/server/store";

const {
  BENCH_STORE: kind = "none",
  BENCH_STORE_URL: url = "",
  BENCH_STORE_PREFIX: givenPrefix,
} = process.env;

/** What the keys of the store begin with: processes with the same prefix share the data. */
export const storePrefix = givenPrefix ?? `bench_${randomBytes(8).toString("hex")}`;

/**
 * Opens the store that BENCH_STORE names: another one at each call, on the same data where it is in a database.
 *
 * @returns undefined for "none".
 * @throws as a rejection: for an unknown name.
 */
export async function openStore(): Promise<Store | undefined> {
  if (kind === "none") return undefined;
  if (kind === "memory") return memoryStore();
  if (kind === "file") return await openFileStore();
  if (kind === "redis") return redisStore({ url, prefix: storePrefix });
  if (kind === "postgres") return postgresStore({ url, prefix: storePrefix });
  throw new Error(`BENCH_STORE must be none, memory, file, redis or postgres, not ${JSON.stringify(kind)}`);
}

/** Opens a store in a temporary folder, which is removed when the process ends. */
export async function openFileStore(): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), "symbolon-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return await fileStore({ directory: join(folder, "store") });
}

/** The same as `openStore`, for a program that needs a store. @throws as a rejection: for "none". */
export async function requireStore(): Promise<Store> {
  const store = await openStore();
  if (store === undefined) throw new Error("this program needs a store: set BENCH_STORE");
  return store;
}
