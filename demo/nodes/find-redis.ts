import { installDebian } from "../../e2e/apt.ts";
import { findRedisServer } from "../../packages/redis/test/redis-server/find.ts";

/**
 * The path of the server of Redis, which Debian installs when it is missing and the user is root.
 * @returns undefined when there is not one, after a line that says what to install.
 */
export function findOrInstallRedis(): string | undefined {
  const isWronglyNamed = Boolean(process.env["REDIS_SERVER_PATH"]);
  if (findRedisServer() === undefined && !isWronglyNamed) installDebian(["redis-server"]);
  const path = findRedisServer();
  if (path === undefined)
    console.error(
      "Several nodes of the demo need Redis: install redis-server 7.0 or later, or set REDIS_SERVER_PATH to its path.",
    );
  return path;
}
