import type { Settings } from "../options.ts";
import type { BenchServer } from "./bench-server.ts";
import { ForeignProcess, isForeign } from "./foreign-process.ts";
import type { Figure } from "./results.ts";
import type { Sample } from "./sample.ts";
import { ServerProcess } from "./server-process.ts";
import type { DrivenSubject, Load, MeasuredSubject, Scale, Subject, Times, Work } from "./work.ts";

/** How many turns a server has in a round. */
const turnsPerRound = 5;

const fullTimes: Times = { warmUp: 4_000, measured: 1_250 };
const quickTimes: Times = { warmUp: 800, measured: 600 };
/** A quick run with stores says whether all is delivered, and little about times. */
const shortTimes: Times = { warmUp: 100, measured: 150 };

/** What is known of a server so far. */
interface Measured<S extends Subject> {
  readonly subject: S;
  readonly samples: Sample[];
}

type OnSample = (subject: Subject, sample: Sample) => void;

/** Measures every server of a work in each round, so that a disturbance of the machine meets all of them alike. */
export async function measureWork(
  { name, unit, subjects, atOnce = subjects.length, isMeasuredOnce = false }: Work,
  { rounds, quick, stores, profile }: Settings,
  onSample: OnSample,
): Promise<Figure[]> {
  const scale: Scale = { quick, ...(quick ? (stores ? shortTimes : quickTimes) : fullTimes) };
  const measured = subjects.map((subject) => ({ subject, samples: [] as Sample[] }));
  const count = isMeasuredOnce ? 1 : rounds;
  const driven = measured.filter((one): one is Measured<DrivenSubject> => "drive" in one.subject);
  const alone = measured.filter((one): one is Measured<MeasuredSubject> => "measure" in one.subject);
  for (let round = 0; round < count; round += 1) {
    for (let at = 0; at < driven.length; at += atOnce)
      await takeTurns(driven.slice(at, at + atOnce), scale, profile, onSample);
    for (const { subject, samples } of alone) {
      const sample = await withServer(subject, profile, (server) => subject.measure(server, scale));
      samples.push(sample);
      onSample(subject, sample);
    }
  }
  const base = subjects[0]?.name ?? "";
  return measured.map(({ subject, samples }) => ({ work: name, unit, subject: subject.name, base, samples }));
}

/**
 * Starts all servers and warms them up; then each has one short turn after the other. A machine may be twice as fast in one
 * minute as in the next one: the turns that are compared are a few seconds apart. Two processes of one program may differ
 * too, by what V8 has compiled, so each round has new ones.
 */
async function takeTurns(
  measured: readonly Measured<DrivenSubject>[],
  scale: Scale,
  profile: string | undefined,
  onSample: OnSample,
): Promise<void> {
  const running: { readonly server: BenchServer; readonly load: Load | Error }[] = [];
  for (const { subject } of measured) {
    const server = await start(subject, profile);
    running.push({ server, load: await warmUp(subject, server, scale) });
  }
  for (let turn = 0; turn < turnsPerRound; turn += 1)
    for (const [index, { subject, samples }] of measured.entries()) {
      const load = running[index]?.load;
      const sample =
        load === undefined || load instanceof Error
          ? failed(load)
          : await load.turn(scale.measured / turnsPerRound).catch(failed);
      samples.push(sample);
      onSample(subject, sample);
    }
  for (const { server, load } of running) {
    if (!(load instanceof Error)) await load.stop();
    await server.stop();
  }
}

async function warmUp(subject: DrivenSubject, server: BenchServer, scale: Scale): Promise<Load | Error> {
  try {
    const load = await subject.drive(server);
    const { wrong } = await load.turn(scale.warmUp);
    return wrong === undefined ? load : new Error(wrong);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function failed(error: unknown): Sample {
  return { value: NaN, wrong: error instanceof Error ? error.message : String(error) };
}

function start({ program, env = {} }: Subject, profile: string | undefined): Promise<BenchServer> {
  return isForeign(program)
    ? ForeignProcess.start(program)
    : ServerProcess.start(`servers/${program}`, { env, profile });
}

async function withServer(
  subject: Subject,
  profile: string | undefined,
  measure: (server: BenchServer) => Promise<Sample>,
): Promise<Sample> {
  const server = await start(subject, profile);
  try {
    return await measure(server);
  } catch (error) {
    return failed(error);
  } finally {
    await server.stop();
  }
}
