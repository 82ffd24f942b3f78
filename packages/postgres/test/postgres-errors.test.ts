/** What a store in PostgreSQL says when it cannot be used, and which options it refuses. */
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { newSession } from "../../server/test/store/store-fixtures.ts";
import { type PostgresStore, postgresStore, type PostgresStoreOptions } from "../src/index.ts";
import { PostgresServer } from "./postgres-server/postgres-server.ts";

let server: PostgresServer;
beforeAll(async () => void (server = await PostgresServer.start()));
afterAll(() => server.stop());

function openStore(options: Omit<PostgresStoreOptions, "pool"> & { readonly url: string }): PostgresStore {
  const store = postgresStore({ onError: () => {}, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** The address for another user. */
const urlOf = (user: string): string => server.url.replace("postgres@", `${user}@`);

test("a wrong user, and a database that does not exist, are refused at once", async () => {
  await expect(openStore({ url: urlOf("eve:secret") }).sessions.list()).rejects.toThrow(
    "PostgreSQL asks for another user or password: put them into `url`",
  );
  await expect(openStore({ url: `${server.url}2` }).sessions.list()).rejects.toThrow(
    "the database of the store is missing: create it, or change `url`",
  );
});

test("a user that may not make the schema is refused, and one that owns it is not", async () => {
  await server.query("create role chat login");
  const store = openStore({ url: urlOf("chat"), prefix: "chat" });
  await expect(store.sessions.list()).rejects.toThrow(
    /the user of PostgreSQL may not do what the store needs: permission denied .* own the schema/,
  );
  await server.query("create schema chat authorization chat");
  expect(await store.sessions.create(newSession)).toMatchObject({ fence: 1 });
});

test("a user that may not learn the identity of the server is refused", async () => {
  await server.query("create role limited login");
  await server.query("create schema limited authorization limited");
  await server.query("revoke execute on function pg_control_system() from public");
  await expect(openStore({ url: urlOf("limited"), prefix: "limited" }).sessions.list()).rejects.toThrow(
    /may not do what the store needs: permission denied for function pg_control_system.* execute pg_control_system/,
  );
  await server.query("grant execute on function pg_control_system() to public");
});

test("a watch fails when the store cannot be used", async () => {
  const store = openStore({ url: urlOf("eve") });
  const { ready } = store.rooms.watch("r", { receive: () => {}, missed: () => {} });
  await expect(ready).rejects.toThrow("put them into `url`");
});

test("a watch fails when PostgreSQL does not answer in time", async () => {
  const store = openStore({ url: "postgres://postgres@127.0.0.1:1/postgres", timeout: 100 });
  const { ready } = store.rooms.watch("r", { receive: () => {}, missed: () => {} });
  await expect(ready).rejects.toThrow("PostgreSQL");
});

test("a schema of another version is refused", async () => {
  await openStore({ url: server.url, prefix: "newer" }).sessions.list();
  await server.query("update newer.meta set version = 9");
  await expect(openStore({ url: server.url, prefix: "newer" }).sessions.list()).rejects.toThrow(
    /the schema newer has version 9, and this @symbolon\/postgres needs \d+/,
  );
});

test("a database that cannot have every text is refused", async () => {
  await server.query("create database ascii encoding 'SQL_ASCII' template template0");
  const url = server.url.replace(/postgres$/, "ascii");
  await expect(openStore({ url }).sessions.list()).rejects.toThrow(
    "the store needs a database with the encoding UTF8, and this has SQL_ASCII",
  );
});

test.each([
  [{}, "postgresStore needs either `url`"],
  [{ url: "http://localhost" }, "postgresStore needs either `url`"],
  [{ pool: {} }, "postgresStore needs either `url`"],
  [{ url: "postgres://localhost", pool: { options: {} } }, "postgresStore needs either `url`"],
  [{ url: "postgres://localhost", prefix: "Chat" }, "`prefix` must be a schema name"],
  [{ url: "postgres://localhost", prefix: "pg_chat" }, "`prefix` must be a schema name"],
  [{ url: "postgres://localhost", timeout: 0 }, "`timeout` must be above 0"],
  [{ url: "postgres://localhost", bufferBytes: -1 }, "`bufferBytes` must be above 0"],
  [{ url: "postgres://localhost", ttl: 1 }, 'postgresStore has no option "ttl"'],
])("options %j are refused", (options, message) => {
  expect(() => postgresStore(options as unknown as PostgresStoreOptions)).toThrow(message);
});
