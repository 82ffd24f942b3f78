/** Tells one run of the machine from the next, and a process from one that had its number before; on Linux alone. */
import { readFileSync } from "node:fs";

/** Names this run of the machine; undefined where nothing does. */
export function bootId(): string | undefined {
  return contentOf("/proc/sys/kernel/random/boot_id")?.trim();
}

/** When a process started, on the machine's own scale; undefined where that is unknown, "" when the process has ended. */
export function processStart(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return "";
  }
  const stat = contentOf(`/proc/${pid}/stat`);
  // The name of the program, in brackets, may have spaces of its own; the state follows, and the start is the 22nd field.
  const [state, ...rest] = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  return state === "Z" || state === "X" ? "" : rest[18];
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // another system
  }
}
