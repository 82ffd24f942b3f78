/** Lets many clients talk to a server through connections that break, or to one that is killed, and judges what was heard. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { ports } from "../e2e/ports.ts";
import { ServerProcess } from "../e2e/server-process.ts";
import { SeededRandom } from "../sim/virtual/seeded-random.ts";
import { Crowd } from "./client-fleet.ts";
import { judge } from "./handler-log.ts";
import { Counts, isClean, report, type Results } from "./report.ts";
import { type Settings, settingsOf } from "./options.ts";
import { trouble } from "./process-faults.ts";

/** All has to be settled so many ms after the last fault: a client that has failed often waits 30 s. */
const patience = 60_000;

async function run(settings: Settings, directory: string): Promise<Results> {
  const { seconds, clients, seed, troubles } = settings;
  const kills = troubles.includes("kill");
  const pace = Math.max(1, clients / 50);
  const record = join(directory, "record");
  const server = await ServerProcess.start(ports(), {
    name: "chaos",
    folder: "../chaos",
    env: { RECORD: record, STORE: kills ? join(directory, "store") : "", PACE: String(pace) },
  });
  try {
    const faults = new Counts();
    let life = 1;
    const crowd = await Crowd.open({
      ...settings,
      port: server.port,
      pace,
      fromLoss: troubles.length === 0,
      life: () => life,
      fault: (kind) => faults.add(kind),
    });
    crowd.talk();
    const over = AbortSignal.timeout(seconds * 1_000);
    if (troubles.length === 0) await setTimeout(seconds * 1_000);
    else
      await trouble(server, over, {
        chance: new SeededRandom(seed, "troubles"),
        kinds: troubles,
        born: () => (life += 1),
        back(kind) {
          faults.add(kind);
          for (const { hearing } of crowd.talkers) hearing.waits();
        },
      });
    const late = await crowd.end(patience);
    await server.kill();

    const talkers = new Map(crowd.talkers.map((talker) => [talker.name, talker]));
    const findings = await judge(record, (client, kind) => talkers.get(client)?.told(kind));
    return {
      title: `chaos: ${clients} clients, ${seconds} s, seed ${seed}`,
      faults,
      heard: { server: findings.handled, clients: crowd.sum(({ hearing }) => hearing.heard) },
      verdicts: [...findings.verdicts, ...crowd.verdicts],
      again: findings.again,
      interrupted: crowd.sum(({ hearing }) => hearing.interrupted),
      recovery: `from the ${troubles.length === 0 ? "client's loss" : "server's return"} to the first message after it`,
      recoveries: crowd.talkers.flatMap(({ hearing }) => hearing.recoveries),
      notices: crowd.talkers.flatMap(({ hearing }) => hearing.notices),
      failures: [
        ...crowd.talkers.flatMap(({ name, failures }) => failures.map((failure) => `${name}: ${failure}`)),
        ...findings.faults,
        ...late,
        ...(server.errorOutput === "" ? [] : [`the server says: ${server.errorOutput}`]),
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
process.exit(); // whoever has not come to an end would go on
