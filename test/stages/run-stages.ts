/** A part of the tests: a command that succeeds or fails. */
export interface Stage {
  /** What it tests, in a few words. */
  readonly name: string;
  /** The shell command. */
  readonly command: string;
}

/** How a stage ended. */
interface StageResult extends Stage {
  readonly passed: boolean;
  /** How long it took, in ms. */
  readonly ms: number;
}

/** Runs stages one after another to their end, whatever fails before. `runCommand` returns whether a command succeeded. */
export function runStages(
  stages: readonly Stage[],
  runCommand: (command: string) => boolean,
  now: () => number = () => performance.now(),
): readonly StageResult[] {
  return stages.map((stage) => {
    const start = now();
    const passed = runCommand(stage.command);
    return { ...stage, passed, ms: now() - start };
  });
}

/** The lines that report what passed, what failed, and which stages did not run. */
export function summarize(results: readonly StageResult[], notRun: readonly Stage[]): readonly string[] {
  const lines = results.map(({ name, command, passed, ms }) => {
    const seconds = `${Math.round(ms / 1_000)} s`;
    return passed ? `passed  ${name} (${seconds})` : `FAILED  ${name} (${seconds}): ${command}`;
  });
  if (notRun.length === 0) return lines;
  return [...lines, `not run: ${notRun.map(({ name }) => name).join(", ")}; npm run test:all runs them too`];
}
