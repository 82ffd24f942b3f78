import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { currentBootId, processStart } from "../../../src/store/file/process-identity.ts";
import { lockDirectory } from "../../../src/store/file/directory-lock.ts";
import { temporaryDirectory } from "./directories.ts";

vi.mock(import("../../../src/store/file/process-identity.ts"), { spy: true });

const { pid } = process;
const own = { pid, started: processStart(pid), bootId: currentBootId() };

/** A directory with a lock that says this. */
async function lockedBy(holder: object | string): Promise<string> {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, "lock"), typeof holder === "string" ? holder : JSON.stringify(holder));
  return directory;
}

/** Another process, which lives until the test has finished or it is killed. */
function other() {
  const child = spawn(process.execPath, ["--eval", "process.stdin.resume()"]);
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

test("a directory is for one store, until that lets go of it", async () => {
  const directory = await temporaryDirectory();
  const unlock = await lockDirectory(directory);
  await expect(lockDirectory(directory)).rejects.toThrow(
    `process ${pid} uses the directory of this store: end that process, or choose another directory; it holds the lock ${JSON.stringify(join(directory, "lock"))}`,
  );
  expect(await readdir(directory)).toEqual(["lock"]);
  await unlock();
  expect(await readdir(directory)).toEqual([]);
  await (
    await lockDirectory(directory)
  )();
});

test("of many that want a directory at the same time, one has it, though a killed process left its lock", async () => {
  const directory = await lockedBy({ ...own, started: "1" });
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => lockDirectory(directory)));
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await readdir(directory)).toEqual(["lock"]);
  expect(JSON.parse(await readFile(join(directory, "lock"), "utf8"))).toEqual(own);
});

test("the lock of a process that runs is not taken over; when it was killed, it is", async () => {
  const child = other();
  await once(child, "spawn");
  const started = processStart(Number(child.pid));
  const directory = await lockedBy({ ...own, pid: child.pid, started });
  await expect(lockDirectory(directory)).rejects.toThrow(
    `process ${child.pid} uses the directory of this store`,
  );
  expect(started).not.toBe(own.started);
  child.kill("SIGKILL");
  await once(child, "exit");
  await (
    await lockDirectory(directory)
  )();
});

test.each<[string, object | string]>([
  ["another run of the machine", { ...own, bootId: "another" }],
  ["an earlier process of the same number", { ...own, started: "1" }],
  ["nobody, for it is empty", ""],
  ["nobody, for it is not whole", '{"pid":'],
  ["nobody, for it names no process", "null"],
])("a lock of %s is taken over", async (_, holder) => {
  const directory = await lockedBy(holder);
  await (
    await lockDirectory(directory)
  )();
  expect(await readdir(directory)).toEqual([]);
});

test("a process that was killed while it took a lock over is followed too", async () => {
  const directory = await lockedBy({ ...own, started: "1" });
  await writeFile(join(directory, "lock.next"), JSON.stringify({ ...own, started: "2" }));
  await writeFile(join(directory, "lock.next.next"), JSON.stringify({ ...own, started: "3" }));
  await (
    await lockDirectory(directory)
  )();
  expect(await readdir(directory)).toEqual([]);
});

test("where the machine does not tell when a process started, one that runs holds its lock", async () => {
  const directory = await lockedBy({ pid });
  vi.mocked(processStart).mockReturnValue(undefined);
  onTestFinished(() => void vi.mocked(processStart).mockReset());
  await expect(lockDirectory(directory)).rejects.toThrow(`process ${pid} uses the directory of this store`);
});

test.runIf(process.platform === "linux")("a process that nobody has buried yet has ended", async () => {
  const parent = spawn("sh", ["-c", "true & echo $!; exec sleep 1000"]); // what `sleep` did not start it does not bury
  onTestFinished(() => void parent.kill("SIGKILL"));
  const [dead] = (await once(parent.stdout, "data")) as [Buffer];
  await vi.waitFor(() => expect(processStart(Number(dead.toString()))).toBe(""));
});

test("a process of which nothing is known has ended", () => {
  expect(processStart(2 ** 22 + 1)).toBe("");
});
