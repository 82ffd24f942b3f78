import { onTestFinished } from "vitest";
import { PostgresServer } from "./postgres-server.ts";

/** Starts a server that ends with the test. */
export async function startPostgres(): Promise<PostgresServer> {
  const server = await PostgresServer.start();
  onTestFinished(() => server.stop());
  return server;
}
