import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { currentBootId, processStart } from "../../../src/store/file/process-identity.ts";
import { lockDirectory } from "../../../src/store/file/directory-lock.ts";
import { temporaryDirectory } from "./directories.ts";
import { waitOptions } from "../../../../../test/time-limits.ts";

vi.mock(import("../../../src/store/file/process-identity.ts"), { spy: true });

const { pid } = process;
/** The holder that this process writes into its lock. */
const ownHolder = { pid, started: processStart(pid), bootId: currentBootId() };

/** Makes a directory with a lock of this content. */
async function lockedDirectory(holder: object | string): Promise<string> {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, "lock"), typeof holder === "string" ? holder : JSON.stringify(holder));
  return directory;
}

/** Locks a directory, and releases the lock. */
async function lockAndRelease(directory: string): Promise<void> {
  const unlock = await lockDirectory(directory);
  await unlock();
}

/** Starts a process that runs until the test has finished or kills it. */
function startProcess() {
  const child = spawn(process.execPath, ["--eval", "process.stdin.resume()"]);
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

// CVE-2023-35391
test("a directory has one lock until it is released, and the error names its holder", async () => {
  const directory = await temporaryDirectory();
  const unlock = await lockDirectory(directory);
  await expect(lockDirectory(directory)).rejects.toThrow(
    `process ${pid} uses the directory of this store: end that process, or choose another directory; it holds the lock ${JSON.stringify(join(directory, "lock"))}`,
  );
  expect(await readdir(directory)).toEqual(["lock"]);
  await unlock();
  expect(await readdir(directory)).toEqual([]);
  await lockAndRelease(directory);
});

test("of many concurrent calls one replaces the lock of an ended process, and the others reject", async () => {
  const directory = await lockedDirectory({ ...ownHolder, started: "1" });
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => lockDirectory(directory)));
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await readdir(directory)).toEqual(["lock"]);
  expect(JSON.parse(await readFile(join(directory, "lock"), "utf8"))).toEqual(ownHolder);
});

test("the lock of a running process is not replaced, and is replaced once the process was killed", async () => {
  const child = startProcess();
  await once(child, "spawn");
  const started = processStart(Number(child.pid));
  const directory = await lockedDirectory({ ...ownHolder, pid: child.pid, started });
  await expect(lockDirectory(directory)).rejects.toThrow(
    `process ${child.pid} uses the directory of this store`,
  );
  expect(started).not.toBe(ownHolder.started);
  child.kill("SIGKILL");
  await once(child, "exit");
  await lockAndRelease(directory);
});

test.each<[string, object | string]>([
  ["from another run of the machine", { ...ownHolder, bootId: "another" }],
  ["of an earlier process with the same pid", { ...ownHolder, started: "1" }],
  ["that is empty", ""],
  ["that is not whole", '{"pid":'],
  ["that names no process", "null"],
])("a lock %s is replaced", async (_, holder) => {
  const directory = await lockedDirectory(holder);
  await lockAndRelease(directory);
  expect(await readdir(directory)).toEqual([]);
});

test("the locks of processes that were killed while they replaced a lock are replaced too", async () => {
  const directory = await lockedDirectory({ ...ownHolder, started: "1" });
  await writeFile(join(directory, "lock.next"), JSON.stringify({ ...ownHolder, started: "2" }));
  await writeFile(join(directory, "lock.next.next"), JSON.stringify({ ...ownHolder, started: "3" }));
  await lockAndRelease(directory);
  expect(await readdir(directory)).toEqual([]);
});

test("a running process keeps its lock on a system that does not know when a process started", async () => {
  const directory = await lockedDirectory({ pid });
  vi.mocked(processStart).mockReturnValue(undefined);
  onTestFinished(() => void vi.mocked(processStart).mockReset());
  await expect(lockDirectory(directory)).rejects.toThrow(`process ${pid} uses the directory of this store`);
});

test.runIf(process.platform === "linux")("a zombie process has ended", async () => {
  const parent = spawn("sh", ["-c", "true & echo $!; exec sleep 1000"]); // `sleep` never waits for the child of `sh`
  onTestFinished(() => void parent.kill("SIGKILL"));
  const [zombie] = (await once(parent.stdout, "data")) as [Buffer];
  await vi.waitFor(() => expect(processStart(Number(zombie.toString()))).toBe(""), waitOptions);
});

test("a process that does not exist has ended", () => {
  expect(processStart(2 ** 22 + 1)).toBe("");
});
