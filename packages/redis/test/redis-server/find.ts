import { delimiter, join } from "node:path";
import { isExecutable } from "../../../../e2e/executable.ts";

/** The path of the server of Redis, or of Valkey: that of REDIS_SERVER_PATH, or the one on PATH; undefined when there is not one. */
export function findRedisServer(): string | undefined {
  const chosen = process.env["REDIS_SERVER_PATH"];
  const folders = ["/usr/bin", ...(process.env["PATH"] ?? "").split(delimiter)];
  const paths = ["redis-server", "valkey-server"].flatMap((name) =>
    folders.map((folder) => join(folder, name)),
  );
  return (chosen ? [chosen] : paths).find(isExecutable);
}
