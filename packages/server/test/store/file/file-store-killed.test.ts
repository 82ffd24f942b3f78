import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { fileStore } from "../../../src/store/file/file-store.ts";
import { temporaryDirectory } from "./directories.ts";
import { slow } from "../../../../../test/time-limits.ts";

const program = fileURLToPath(new URL("busy-store.ts", import.meta.url));

/** A line that the program prints. */
interface Line {
  readonly report?: { readonly history: string; readonly droppedBytes: number };
  readonly epoch?: string;
  readonly sequence?: number;
  readonly offset?: number;
  readonly data: string;
}

/** Runs the program, kills it after so many lines, and returns all lines that it printed. */
async function runUntilKilled(
  directory: string,
  run: number,
  killAfter: number,
  epoch = "",
): Promise<readonly Line[]> {
  const args = ["--conditions=symbolon-source", "--import", "tsx", program, directory, String(run), epoch];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = once(child, "exit");
  const lines: Line[] = [];
  for await (const line of createInterface(child.stdout)) {
    if (line.endsWith("}")) lines.push(JSON.parse(line) as Line); // the last line may be cut
    if (lines.length === killAfter) child.kill("SIGKILL");
  }
  expect(await exited).toEqual([null, "SIGKILL"]);
  return lines;
}

test("a process that is killed again and again loses no call that settled", slow, async () => {
  const directory = await temporaryDirectory();
  const lines: Line[] = [];
  for (const [index, killAfter] of [40, 333, 2, 1_200, 81].entries())
    lines.push(...(await runUntilKilled(directory, index + 1, killAfter, lines[0]?.epoch)));

  const starts = lines.filter(({ report }) => report !== undefined);
  expect(starts.map(({ report }) => report?.history)).toEqual(["new", "kept", "kept", "kept", "kept"]);
  const [{ epoch = "" } = { epoch: "" }] = starts;

  const store = await fileStore({ directory });
  onTestFinished(() => store.close());
  expect(store.report.history).toBe("kept");
  const { entries } = await store.rooms.read("r", {}, 10_000);
  for (const [index, { offset, previous }] of entries.entries()) {
    expect(previous).toBe(index);
    expect(offset).toBe(index + 1);
  }
  const settled = lines.filter(({ offset }) => offset !== undefined);
  expect(settled.length).toBeGreaterThan(500);
  expect(settled.map(({ offset = 0 }) => entries[offset - 1]?.data)).toEqual(settled.map(({ data }) => data));

  const attached = await store.sessions.attach({
    sessionId: "s",
    secretHash: "hash",
    principal: undefined,
    service: "/",
    keyHash: "c",
    attempt: 100,
    epoch,
    receivedUpTo: 0,
    firstHeld: 1,
    lease: { node: "next", ms: 15_000 },
  });
  const outgoing = attached.type === "resumed" ? attached.state.unacknowledged : [];
  const sent = lines.filter(({ sequence }) => sequence !== undefined);
  expect(sent.map(({ sequence = 0 }) => outgoing[sequence - 1])).toEqual(
    sent.map(({ sequence, data }) => ({ sequence, data })),
  );
  // The room has the room message of a commit if and only if the session has its message.
  const committed = entries.filter(({ name }) => name === "committed").map(({ data }) => data);
  expect(committed).toEqual(outgoing.map(({ data }) => data));
});
