/** Connects many clients to a server while connections break or the server is killed, and checks which messages arrived. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { ports } from "../e2e/ports.ts";
import { ServerProcess } from "../e2e/server-process.ts";
import { SeededRandom } from "../sim/virtual/seeded-random.ts";
import { ClientFleet } from "./client-fleet.ts";
import { checkLog } from "./handler-log.ts";
import { Counts, isClean, report, type Results } from "./report.ts";
import { type Settings, settingsOf } from "./options.ts";
import { disturbServer } from "./process-faults.ts";

/** How long the clients may take to settle after the last fault, in ms. A client waits up to 30 s between its tries. */
const settleTimeout = 60_000;

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
    },
  });
  try {
    const faults = new Counts();
    let processNumber = 1;
    const fleet = await ClientFleet.open({
      ...settings,
      port: server.port,
      slowdown,
      fromLoss: processFaults.length === 0,
      processNumber: () => processNumber,
      onFault: (fault) => faults.add(fault),
    });
    fleet.start();
    const over = AbortSignal.timeout(seconds * 1_000);
    if (processFaults.length === 0) await setTimeout(seconds * 1_000);
    else
      await disturbServer(server, over, {
        random: new SeededRandom(seed, "process faults"),
        faults: processFaults,
        onRestart: () => (processNumber += 1),
        onReturn(fault) {
          faults.add(fault);
          for (const { inbound } of fleet.clients) inbound.startRecovery();
        },
      });
    const late = await fleet.end(settleTimeout);
    await server.kill();

    const byName = new Map(fleet.clients.map((client) => [client.name, client]));
    const findings = await checkLog(handlerLog, (client, name) => byName.get(client)?.sent(name));
    return {
      title: `chaos: ${clients} clients, ${seconds} s, seed ${seed}`,
      faults,
      handled: { server: findings.handled, clients: fleet.sum(({ inbound }) => inbound.received) },
      verdicts: [...findings.verdicts, ...fleet.verdicts],
      repeated: findings.repeated,
      interrupted: fleet.sum(({ inbound }) => inbound.interrupted),
      recovery: `from the ${processFaults.length === 0 ? "client's loss" : "server's return"} to the first message after it`,
      recoveries: fleet.clients.flatMap(({ inbound }) => inbound.recoveries),
      detections: fleet.clients.flatMap(({ inbound }) => inbound.detections),
      failures: [
        ...fleet.clients.flatMap(({ name, failures }) => failures.map((failure) => `${name}: ${failure}`)),
        ...findings.errors,
        ...late,
        ...(server.errorOutput === "" ? [] : [`the server's error output: ${server.errorOutput}`]),
      ],
    };
  } finally {
    await server.kill();
  }
}

const directory = await mkdtemp(join(tmpdir(), "symbolon-chaos-"));
try {
  const results = await run(settingsOf(process.argv.slice(2)), directory);
  console.log(report(results));
  process.exitCode = isClean(results) ? 0 : 1;
} finally {
  await rm(directory, { recursive: true });
}
process.exit(); // clients that did not close would keep the process running
