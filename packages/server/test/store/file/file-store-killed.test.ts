import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { fileStore } from "../../../src/store/file/file-store.ts";
import { temporaryDirectory } from "./directories.ts";

const program = fileURLToPath(new URL("killed-store.ts", import.meta.url));

/** What the program prints. */
interface Line {
  readonly opened?: { readonly history: string; readonly droppedBytes: number };
  readonly epoch?: string;
  readonly sequence?: number;
  readonly offset?: number;
  readonly data: string;
}

/** One life of the program, killed when it has printed so many lines: everything that it printed. */
async function life(directory: string, number: number, most: number): Promise<readonly Line[]> {
  const args = ["--conditions=symbolon-source", "--import", "tsx", program, directory, String(number)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = once(child, "exit");
  const lines: Line[] = [];
  for await (const line of createInterface(child.stdout)) {
    if (line.endsWith("}")) lines.push(JSON.parse(line) as Line); // the last one may be cut
    if (lines.length === most) child.kill("SIGKILL");
  }
  expect(await exited).toEqual([null, "SIGKILL"]);
  return lines;
}

test("a killed process loses nothing of what it was told is settled, life after life", async () => {
  const directory = await temporaryDirectory();
  const lines: Line[] = [];
  for (const [index, most] of [40, 333, 2, 1_200, 81].entries())
    lines.push(...(await life(directory, index + 1, most)));

  const starts = lines.filter(({ opened }) => opened !== undefined);
  expect(starts.map(({ opened }) => opened?.history)).toEqual(["new", "kept", "kept", "kept", "kept"]);
  expect(new Set(starts.map(({ epoch }) => epoch)).size).toBe(1);

  const store = await fileStore({ directory });
  onTestFinished(() => store.close());
  expect(store.report.history).toBe("kept");
  const { entries } = await store.rooms.read("r", undefined, Infinity);
  for (const [index, { offset, previous }] of entries.entries()) {
    expect(previous).toBe(index);
    expect(offset).toBe(index + 1);
  }
  const settled = lines.filter(({ offset }) => offset !== undefined);
  expect(settled.length).toBeGreaterThan(500);
  expect(settled.map(({ offset = 0 }) => entries[offset - 1]?.data)).toEqual(settled.map(({ data }) => data));

  const { epoch } = store;
  const known = { sessionId: "s", secretHash: "hash", principal: undefined, service: "/" };
  const attached = await store.sessions.attach({
    ...known,
    attempt: 100,
    epoch,
    receivedUpTo: 0,
    firstHeld: 1,
  });
  const outgoing = attached.type === "resumed" ? attached.state.unacknowledged : [];
  const sent = lines.filter(({ sequence }) => sequence !== undefined);
  expect(sent.map(({ sequence = 0 }) => outgoing[sequence - 1])).toEqual(
    sent.map(({ sequence, data }) => ({ sequence, data })),
  );
  // What a message caused is there if and only if the message is.
  const caused = entries.filter(({ name }) => name === "with").map(({ data }) => data);
  expect(caused).toEqual(outgoing.map(({ data }) => data));
}, 60_000);
