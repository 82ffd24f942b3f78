import type { Settings } from "../options.ts";
import { ForeignProcess, isForeign } from "./foreign-process.ts";
import type { Figure } from "./results.ts";
import type { Sample } from "./sample.ts";
import { ServerProcess } from "./server-process.ts";
import type { Scale, Subject, Work } from "./work.ts";

/** Measures every server of a work in each round, so that a disturbance of the machine meets all of them alike. */
export async function measureWork(
  { name, unit, subjects, isMeasuredOnce = false }: Work,
  { rounds, quick, profile }: Settings,
  onSample: (subject: Subject, sample: Sample) => void,
): Promise<Figure[]> {
  const scale: Scale = quick
    ? { quick, warmUp: 800, measured: 400 }
    : { quick, warmUp: 1_000, measured: 1_200 };
  const samples = new Map(subjects.map((subject) => [subject, [] as Sample[]]));
  for (let round = 0; round < (isMeasuredOnce ? 1 : rounds); round += 1)
    for (const [subject, list] of samples) {
      const sample = await measureOnce(subject, scale, profile);
      list.push(sample);
      onSample(subject, sample);
    }
  const base = subjects[0]?.name ?? "";
  return [...samples].map(([subject, list]) => ({
    work: name,
    unit,
    subject: subject.name,
    base,
    samples: list,
  }));
}

async function measureOnce(
  { program, env = {}, measure }: Subject,
  scale: Scale,
  profile: string | undefined,
): Promise<Sample> {
  const server = await (isForeign(program)
    ? ForeignProcess.start(program)
    : ServerProcess.start(`servers/${program}`, { env, profile }));
  try {
    return await measure(server, scale);
  } catch (error) {
    return { value: NaN, wrong: error instanceof Error ? error.message : String(error) };
  } finally {
    await server.stop();
  }
}
