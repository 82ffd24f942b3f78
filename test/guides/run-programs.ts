import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Outcome } from "./run.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const runner = fileURLToPath(new URL("run.ts", import.meta.url));

/** How programs run. */
export interface RunOptions {
  /** How long each program may take, in ms. */
  readonly timeLimit: (file: string) => number;
  /** Whether a program needs a process of its own. @default none does */
  readonly runsAlone?: (file: string) => boolean;
  /** The `tsconfig.json` that tsx uses. @default that of the repository */
  readonly config?: string;
}

/**
 * Runs programs one after another, in one process as long as each ends in its own time; after one that does not, the next
 * run in a new process.
 * @returns for each file a promise of what it printed, or of the sentence that it did not end.
 */
export function runPrograms(
  files: readonly string[],
  options: RunOptions,
): ReadonlyMap<string, Promise<string>> {
  const { timeLimit, runsAlone = () => false } = options;
  const settle = new Map<string, (printed: string) => void>();
  const promises = files.map(
    (file) => [file, new Promise<string>((resolve) => void settle.set(file, resolve))] as const,
  );
  void (async () => {
    for (let remaining = files; remaining.length > 0;) {
      const alone = remaining.findIndex(runsAlone);
      const together = remaining.slice(0, alone < 0 ? undefined : Math.max(1, alone));
      let done = 0;
      for await (const { file, printed: text } of outcomesOf(together, options)) {
        settle.get(file)?.(text);
        done += 1;
      }
      const unfinished = together[done];
      if (unfinished !== undefined)
        settle.get(unfinished)?.(`the program did not end within ${timeLimit(unfinished)} ms`);
      remaining = remaining.slice(unfinished === undefined ? done : done + 1);
    }
  })();
  return new Map(promises);
}

/** Yields the outcomes of programs in one process, until one of them does not end in its time. */
async function* outcomesOf(
  files: readonly string[],
  { timeLimit, config }: RunOptions,
): AsyncGenerator<Outcome, void, undefined> {
  const child = spawn(
    process.execPath,
    ["--conditions", "symbolon-source", "--import", "tsx", runner, ...files],
    {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...(config !== undefined && { TSX_TSCONFIG_PATH: config }) },
    },
  );
  const limitOf = (index: number): NodeJS.Timeout | undefined => {
    const file = files[index];
    return file === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), timeLimit(file));
  };
  let ended = 0;
  let limit = limitOf(0);
  try {
    for await (const line of createInterface(child.stdout)) {
      clearTimeout(limit);
      limit = limitOf((ended += 1));
      yield JSON.parse(line) as Outcome;
    }
  } finally {
    clearTimeout(limit);
    child.kill("SIGKILL");
  }
}
