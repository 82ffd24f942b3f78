/** Distinguishes a run of the machine from the next, and a process from an earlier one with the same pid; on Linux alone. */
import { readFileSync } from "node:fs";

/** The id of the present run of the machine; undefined on other systems than Linux. */
export function currentBootId(): string | undefined {
  return readText("/proc/sys/kernel/random/boot_id")?.trim();
}

/** When a process started, in clock ticks since boot; `""` when the process has ended, undefined when it is unknown. */
export function processStart(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return "";
  }
  const stat = readText(`/proc/${pid}/stat`);
  // proc_pid_stat(5): the name of the program, in brackets, may have spaces; the state follows, and the start is field 22.
  const [state, ...fields] = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  const hasEnded = state === "Z" || state === "X"; // a zombie, until its parent waits for it
  return hasEnded ? "" : fields[18];
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
