/**
 * Measures how soon clients are back after an outage, and counts their dials meanwhile: the server is killed and started again on
 * its port, or the network is cut and the server goes on: `npm run chaos:outage -- --mode server --clients 300`.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ports } from "../e2e/ports.ts";
import { ServerProcess } from "../e2e/server-process.ts";
import { ClientFleet } from "./client-fleet.ts";
import { DialCounts, expectDials } from "./dials.ts";
import { checkLog } from "./handler-log.ts";
import { Interruptions } from "./interruptions.ts";
import type { LoadClient } from "./load-client.ts";
import { Counts, isClean, quantile, report } from "./report.ts";
import { resultsOf } from "./results.ts";

const { values } = parseArgs({
  options: {
    mode: { type: "string", multiple: true, default: ["server", "network"] },
    clients: { type: "string", default: "300" },
    outage: { type: "string", default: "7" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 32)) },
  },
});
const [clients, outage, seed] = [Number(values.clients), Number(values.outage) * 1_000, Number(values.seed)];

/** How long the clients are connected before the outage, in ms: longer than a wire that "died young". */
const calmTime = 12_000;
/** How long they may take to come back, and to settle their messages, in ms: a client that takes longer is lost. */
const settleTimeout = 180_000;
/** All clients together send as many messages as this number of clients in `npm run chaos`: a small machine has time to spare. */
const loadOf = 30;
/** When the median client and the last one should be back, in ms. */
const targets = { median: 2_000, last: 6_000 };

for (const mode of values.mode) {
  if (mode !== "server" && mode !== "network")
    throw new TypeError(`--mode must be server or network, not ${mode}`);
  const directory = await mkdtemp(join(tmpdir(), "symbolon-outage-"));
  try {
    await measure(mode, directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}
process.exit(); // clients that did not close would keep the process running

async function measure(mode: "server" | "network", directory: string): Promise<void> {
  const handlerLog = join(directory, "handler-log");
  const slowdown = Math.max(1, clients / loadOf);
  const beforeStart = performance.now();
  const server = await ServerProcess.start(ports(), {
    name: "chaos",
    folder: "../chaos",
    env: {
      HANDLER_LOG: handlerLog,
      STORE: join(directory, "store"),
      SLOWDOWN: String(slowdown),
      PER_ADDRESS: String(clients),
      HEARTBEAT: "25000",
    },
  });
  const startTime = performance.now() - beforeStart;
  try {
    const dials = new DialCounts();
    const interruptions = new Interruptions();
    const fleet = await ClientFleet.open({
      port: server.port,
      clients,
      seed,
      faults: false,
      slowdown,
      fromLoss: true,
      onFault: () => {},
      onDial: (index) => dials.add(index),
    });
    fleet.start();
    await setTimeout(calmTime);

    const faults = new Counts();
    faults.add(mode);
    const start = performance.now();
    dials.start();
    if (mode === "server") await interruptions.kill(server);
    else fleet.cut();
    await setTimeout(mode === "server" ? outage - startTime : outage);
    if (mode === "server") {
      if (!(await server.start())) throw new Error("another process uses the port of the killed server");
    } else fleet.restore();
    const back = performance.now();
    const counts = dials.stop();
    const failedTries = new Counts();
    const returns = await Promise.all(fleet.clients.map((client) => returnOf(client, back, failedTries)));
    const late = await fleet.end(settleTimeout);
    await server.kill();

    const findings = await checkLog(handlerLog, interruptions, fleet.sent);
    const results = resultsOf(fleet, findings, {
      title: `outage of the ${mode}: ${clients} clients, ${((back - start) / 1_000).toFixed(1)} s, seed ${seed}`,
      faults,
      recovery: `from the return of the ${mode} until the client is open`,
      recoveries: returns.filter((time) => time !== undefined).map(Math.round),
      failures: [
        ...fleet.clients
          .filter((_, index) => returns[index] === undefined)
          .map(({ name }) => `${name} did not come back`),
        ...late,
        ...(server.errorOutput === "" ? [] : [`the server's error output: ${server.errorOutput}`]),
      ],
    });
    const bounds = expectDials({ clients, outage: back - start, seed });
    const isStorm = counts.total > bounds.total || counts.peak > bounds.peak || counts.most > bounds.most;
    console.log(report(results));
    for (const [name, share] of [
      ["median", 0.5],
      ["last", 1],
    ] as const) {
      const time = quantile(results.recoveries, share);
      console.log(
        `  ${name} client: ${time} ms, target ${targets[name]} ms: ${time <= targets[name] ? "met" : "missed"}`,
      );
    }
    console.log(
      `  dials in the outage: ${counts.total} (at most ${bounds.total}), ` +
        `${(counts.total / clients).toFixed(1)} of a client, most ${counts.most} (at most ${bounds.most}), ` +
        `peak ${counts.peak} in a second (at most ${bounds.peak})${isStorm ? " A STORM" : ""}`,
    );
    console.log(`  failed tries after the return: ${failedTries.total}: ${String(failedTries)}`);
    if (isStorm || !isClean(results)) process.exitCode = 1;
  } finally {
    await server.kill();
  }
}

/** Resolves with the time from `back` until the client is open, in ms; with undefined if it does not come back. */
async function returnOf(
  { client }: LoadClient,
  back: number,
  failedTries: Counts,
): Promise<number | undefined> {
  const opened = new Promise<number>((resolve) => {
    const unsubscribe = client.status.subscribe(({ state, error }) => {
      if (state === "waiting") failedTries.add(`${error?.code} ${error?.reason}`);
      else if (state === "open") finish();
    });
    const finish = (): void => {
      unsubscribe();
      resolve(Math.max(0, performance.now() - back));
    };
    if (client.status.value.state === "open") finish();
  });
  return Promise.race([opened, setTimeout(settleTimeout, undefined, { ref: false })]);
}
