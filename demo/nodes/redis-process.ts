import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { redisSocket } from "../settings.ts";

/**
 * Starts a Redis server with an append-only file, which listens on a Unix socket in `directory` alone.
 * @throws Error when it does not start.
 */
export async function startRedis(path: string, directory: string): Promise<ChildProcess> {
  const options = {
    port: "0",
    unixsocket: redisSocket(directory),
    dir: directory,
    save: "",
    appendonly: "yes",
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  // In a process group of its own: Ctrl+C in a terminal must not end it before the nodes.
  const redis = spawn(path, args, { stdio: ["ignore", "pipe", "inherit"], detached: true });
  const log: string[] = [];
  for await (const line of createInterface(redis.stdout)) {
    log.push(line);
    if (!/ready to accept connections/i.test(line)) continue;
    redis.stdout.resume();
    return redis;
  }
  throw new Error(`redis-server did not start:\n${log.join("\n")}`);
}
