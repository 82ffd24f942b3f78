import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPort, readSettings } from "../settings.ts";
import { Balancer } from "./balancer.ts";
import { reportLostNode } from "./change-stream.ts";
import { findOrInstallRedis } from "./find-redis.ts";
import { NodeProcess } from "./node-process.ts";
import { startRedis } from "./redis-process.ts";

/**
 * Starts `count` chat servers that share a Redis, and a balancer in front of them at the demo's port. They end with this process,
 * and so does Redis. Ends the process when the port is in use, or when there is no Redis.
 */
export async function startNodes(count: number): Promise<void> {
  const { port } = readSettings();
  await checkPort(port);
  const redisPath = findOrInstallRedis();
  if (redisPath === undefined) return process.exit(1);

  const directory = await mkdtemp(join(tmpdir(), "symbolon-nodes-"));
  const redis = await startRedis(redisPath, directory);
  const nodes = Array.from(
    { length: count },
    (_, index) =>
      new NodeProcess(
        { number: index + 1, count, directory },
        {
          onKillRequest: (number) => nodes[number - 1]?.kill(),
          onLost: (number) => reportLostNode(directory, number).catch(console.error),
        },
      ),
  );
  const balancer = await Balancer.start(nodes, { port, proxyProtocol: true });

  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= stopAll());
  async function stopAll(): Promise<void> {
    balancer.close();
    await Promise.all(nodes.map((node) => node.stop()));
    const hasEnded = redis.exitCode !== null || redis.signalCode !== null;
    if (!hasEnded) await new Promise((resolve) => redis.once("exit", resolve).kill());
    await rm(directory, { recursive: true });
    process.exit();
  }
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => void stop());
  process.once("disconnect", () => void stop()); // the test that has started this program has ended
  redis.once("exit", () => {
    if (stopping) return;
    console.error("Redis has ended, and so do the nodes.");
    process.exitCode = 1;
    void stop();
  });

  try {
    await Promise.all(nodes.map((node) => node.start()));
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
    return stop();
  }
  console.log(`symbolon demo: http://localhost:${balancer.port}`);
  console.log(`${count} nodes share a Redis in ${directory}`);
}
