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
  readonly opened?: { readonly history: string; readonly cut: number };
  readonly epoch?: string;
  readonly s?: number;
  readonly off?: number;
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
  expect(store.opened.history).toBe("kept");
  const { entries } = await store.rooms.read("r", undefined, Infinity);
  for (const [index, { off, prev }] of entries.entries()) {
    expect(prev).toBe(index);
    expect(off).toBe(index + 1);
  }
  const settled = lines.filter(({ off }) => off !== undefined);
  expect(settled.length).toBeGreaterThan(500);
  expect(settled.map(({ off = 0 }) => entries[off - 1]?.data)).toEqual(settled.map(({ data }) => data));

  const { epoch: ep } = store;
  const known = { sid: "s", secret: "hash", principal: undefined, service: "/" };
  const attached = await store.sessions.attach({ ...known, att: 100, ep, rx: 0, tx0: 1 });
  const outgoing = attached.is === "resumed" ? attached.state.outgoing : [];
  const sent = lines.filter(({ s }) => s !== undefined);
  expect(sent.map(({ s = 0 }) => outgoing[s - 1])).toEqual(sent.map(({ s, data }) => ({ s, data })));
  // What a message caused is there if and only if the message is.
  const caused = entries.filter(({ name }) => name === "with").map(({ data }) => data);
  expect(caused).toEqual(outgoing.map(({ data }) => data));
}, 60_000);
