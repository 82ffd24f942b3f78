/**
 * Connects many clients to a server, or to several nodes, while connections break or servers are killed, and checks which messages
 * arrived.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { ports } from "../e2e/ports.ts";
import { ServerProcess } from "../e2e/server-process.ts";
import { findRedisServer } from "../packages/redis/test/redis-server/find.ts";
import { SeededRandom } from "../sim/virtual/seeded-random.ts";
import { ClientFleet } from "./client-fleet.ts";
import { checkLog } from "./handler-log.ts";
import { Interruptions } from "./interruptions.ts";
import { runNodes, settleTimeout } from "./nodes-run.ts";
import { type Settings, settingsOf } from "./options.ts";
import { disturbServer } from "./process-faults.ts";
import { Counts, isClean, report, type Results } from "./report.ts";
import { resultsOf } from "./results.ts";

async function run(settings: Settings, directory: string): Promise<Results> {
  const { seconds, clients, seed, processFaults } = settings;
  const slowdown = Math.max(1, clients / 50);
  const handlerLog = join(directory, "handler-log");
  const server = await ServerProcess.start(ports(), {
    name: "chaos",
    folder: "../chaos",
    env: {
      HANDLER_LOG: handlerLog,
      STORE: processFaults.includes("kill") ? join(directory, "store") : "",
      SLOWDOWN: String(slowdown),
      GRACE: String(settings.grace),
    },
  });
  try {
    const faults = new Counts();
    const interruptions = new Interruptions();
    const fleet = await ClientFleet.open({
      ...settings,
      port: server.port,
      slowdown,
      fromLoss: processFaults.length === 0,
      onFault: (fault) => faults.add(fault),
    });
    fleet.start();
    const over = AbortSignal.timeout(seconds * 1_000);
    if (processFaults.length === 0) await setTimeout(seconds * 1_000);
    else
      await disturbServer(server, over, {
        random: new SeededRandom(seed, "process faults"),
        faults: processFaults,
        interruptions,
        onReturn(fault) {
          faults.add(fault);
          for (const { inbound } of fleet.clients) inbound.startRecovery();
        },
      });
    const late = await fleet.end(settleTimeout);
    await server.kill();

    const findings = await checkLog(handlerLog, interruptions, fleet.sent);
    return resultsOf(fleet, findings, {
      title: `chaos: ${clients} clients, ${seconds} s, seed ${seed}`,
      faults,
      recovery: `from the ${processFaults.length === 0 ? "client's loss" : "server's return"} to the first message after it`,
      recoveries: fleet.clients.flatMap(({ inbound }) => inbound.recoveries),
      failures: [
        ...late,
        ...(server.errorOutput === "" ? [] : [`the server's error output: ${server.errorOutput}`]),
      ],
    });
  } finally {
    await server.kill();
  }
}

const settings = settingsOf(process.argv.slice(2));
if (settings.nodes > 0 && findRedisServer() === undefined) {
  console.log("not run: chaos on several nodes, which needs redis-server 7.0 or later on PATH");
  process.exit();
}
const directory = await mkdtemp(join(tmpdir(), "symbolon-chaos-"));
try {
  const results = await (settings.nodes > 0 ? runNodes : run)(settings, directory);
  console.log(report(results));
  process.exitCode = isClean(results) ? 0 : 1;
} finally {
  await rm(directory, { recursive: true });
}
process.exit(); // clients that did not close would keep the process running
