import { Pool } from "pg";
import { afterAll, beforeAll, describe } from "vitest";
import { testHandover } from "../../server/test/store/handover-conformance.ts";
import { testModel } from "../../server/test/store/model-conformance.ts";
import { testPresence } from "../../server/test/store/presence-conformance.ts";
import { testSharedStore } from "../../server/test/store/shared-store-conformance.ts";
import { testStore } from "../../server/test/store/store-conformance.ts";
import { type PostgresStore, postgresStore } from "../src/index.ts";
import { PostgresServer } from "./postgres-server/postgres-server.ts";

let server: PostgresServer;
beforeAll(async () => void (server = await PostgresServer.start()));
afterAll(() => server.stop());

let prefixes = 0;
const newPrefix = (): string => `test_${(prefixes += 1)}`;
const now = (): number => Date.now();
const open = (prefix: string): PostgresStore =>
  postgresStore({ url: server.url, prefix, now, onError: () => {} });

describe("a store in PostgreSQL", () => {
  testStore("an address", () => open(newPrefix()));
  for (const testData of [testSharedStore, testPresence])
    testData("an address", () => {
      const prefix = newPrefix();
      return { open: () => open(prefix), lose: () => open(prefix) };
    });
  testHandover("a schema that is dropped", () => {
    const prefix = newPrefix();
    return {
      open: () => open(prefix),
      lose: async () => {
        await server.query(`drop schema ${prefix} cascade`);
        return open(prefix);
      },
    };
  });
  testHandover("a server with another identity", () => {
    const prefix = newPrefix();
    return {
      open: () => open(prefix),
      lose: async () => {
        await server.query(`update ${prefix}.meta set identity = 'before'`);
        return open(prefix);
      },
    };
  });
  testSharedStore("a pool", () => {
    const pool = new Pool({ connectionString: server.url });
    const prefix = newPrefix();
    return {
      open: () => postgresStore({ pool, prefix, now }),
      lose: () => postgresStore({ pool, prefix, now }),
    };
  });
});

testModel("a store in PostgreSQL", () => postgresStore({ url: server.url, prefix: newPrefix() }));
