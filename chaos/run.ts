/** Lets many clients talk to a server through connections that break, or to one that is killed, and judges what was heard. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { ports } from "../e2e/ports.ts";
import { ServerProcess } from "../e2e/server-process.ts";
import { Chance } from "../sim/chance.ts";
import { Proxy } from "./proxy.ts";
import { judge } from "./record.ts";
import { Counts, isGood, report, type Results } from "./report.ts";
import { sumOf } from "./sequence.ts";
import { type Settings, settingsOf } from "./settings.ts";
import { Talker } from "./talker.ts";
import { trouble } from "./trouble.ts";

/** All has to be settled so many ms after the last fault: the longest wait of a client is 30 s. */
const patience = 60_000;
const roomSize = 5;

async function run(settings: Settings, directory: string): Promise<Results> {
  const { seconds, clients, seed, troubles } = settings;
  const kills = troubles.includes("kill");
  const pace = Math.max(1, clients / 50);
  const record = join(directory, "record");
  const faults = new Counts();
  const server = await ServerProcess.start(ports(10), {
    name: "chaos",
    folder: "../chaos",
    env: { RECORD: record, STORE: kills ? join(directory, "store") : "", PACE: String(pace) },
  });
  let life = 1;

  async function open(index: number): Promise<{ readonly talker: Talker; readonly proxy: Proxy }> {
    const proxy = await Proxy.open({
      target: server.port,
      chance: settings.faults ? new Chance(seed, `faults of ${index}`) : undefined,
      fault(kind) {
        faults.add(kind);
        if (kind.startsWith("hole")) talker.hearing.holed();
      },
    });
    const talker = new Talker({
      name: `client-${index}`,
      room: `room-${Math.floor(index / roomSize)}`,
      url: proxy.url,
      chance: new Chance(seed, `words of ${index}`),
      binary: index % 2 === 1,
      pace,
      shouts: !kills, // what is said in a room while one is not in it again is not heard
      fromLoss: troubles.length === 0,
      life: () => life,
    });
    return { talker, proxy };
  }
  const all = await Promise.all(Array.from({ length: clients }, (_, index) => open(index)));
  const talkers = new Map(all.map(({ talker }) => [talker.name, talker]));
  await Promise.all(all.map(({ talker }) => talker.client.opened));
  for (const { talker } of all) talker.talk();

  const over = AbortSignal.timeout(seconds * 1_000);
  if (troubles.length === 0) await setTimeout(seconds * 1_000);
  else
    await trouble(server, over, {
      chance: new Chance(seed, "troubles"),
      kinds: troubles,
      born: () => (life += 1),
      back(kind) {
        faults.add(kind);
        for (const { talker } of all) talker.hearing.waits();
      },
    });
  for (const { proxy } of all) proxy.calm();

  const stopped = await lateFor(all.map(({ talker }) => ({ talker, done: talker.stop() })));
  const left = await lateFor(
    stopped.length > 0 ? [] : all.map(({ talker }) => ({ talker, done: talker.leave() })),
  );
  for (const { proxy } of all) proxy.close();
  await server.kill();

  const {
    verdicts,
    handled,
    again,
    faults: wrong,
  } = await judge(record, (client, kind) => {
    const told = talkers.get(client)?.told(kind);
    if (!told) throw new Error(`the record tells of ${client}, whom nobody knows`);
    return told;
  });
  const heard = all.map(({ talker }) => talker.hearing);
  const shouts = (room: string): Map<string, number> =>
    new Map(
      all
        .filter(({ talker }) => talker.room === room)
        .map(({ talker }) => [talker.name, talker.told("shout").said]),
    );
  return {
    title: `chaos: ${clients} clients, ${seconds} s, seed ${seed}`,
    faults,
    heard: { server: handled, clients: heard.reduce((sum, one) => sum + one.heard, 0) },
    verdict: sumOf([
      ...verdicts,
      ...all.flatMap(({ talker }) => talker.hearing.verdicts(shouts(talker.room))),
    ]),
    again,
    interrupted: heard.reduce((sum, one) => sum + one.interrupted, 0),
    recovery:
      troubles.length === 0
        ? "from the client's loss to the first message after it"
        : "from the server's return to the first message after it",
    recoveries: heard.flatMap((one) => one.recoveries),
    notices: heard.flatMap((one) => one.notices),
    failures: [
      ...all.flatMap(({ talker }) => talker.failures.map((failure) => `${talker.name}: ${failure}`)),
      ...wrong,
      ...stopped.map((name) => `${name} has not settled`),
      ...left.map((name) => `${name} could not leave`),
      ...(server.complaints === "" ? [] : [`the server says: ${server.complaints}`]),
    ],
  };
}

/** The names of those who are not done in time. */
async function lateFor(
  work: readonly { readonly talker: Talker; readonly done: Promise<void> }[],
): Promise<string[]> {
  const late = new Set(work.map(({ talker }) => talker.name));
  const each = work.map(async ({ talker, done }) => {
    await done;
    late.delete(talker.name);
  });
  await Promise.race([Promise.all(each), setTimeout(patience, undefined, { ref: false })]);
  return [...late];
}

const directory = await mkdtemp(join(tmpdir(), "symbolon-chaos-"));
const results = await run(settingsOf(process.argv.slice(2)), directory);
await rm(directory, { recursive: true });
console.log(report(results));
process.exit(isGood(results) ? 0 : 1);
