import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { afterEach, expect, test } from "vitest";
import { opcodes, rawClient, type RawClient, rawFrame } from "./raw-client.ts";

const program = fileURLToPath(new URL("signalled.ts", import.meta.url));
const running: ChildProcess[] = [];

afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});

/** Starts the server and connects a client. */
async function started(mode: string) {
  const node = ["--conditions", "symbolon-source", "--import", "tsx", program, mode];
  const child = spawn(process.execPath, node, { stdio: ["ignore", "pipe", "inherit"] });
  running.push(child);
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  const [port] = (await once(reader, "line")) as [string];
  reader.on("line", (line) => lines.push(line));
  const over = once(child, "close") as Promise<[code: number | null, signal: string | null]>;
  const client = await rawClient(Number(port));
  await client.open("/echo");
  return { child, client, lines, over };
}

const leave = (client: RawClient): void => client.write(rawFrame(opcodes.close, Buffer.from([0x03, 0xe9])));

test("a SIGTERM drains the server; then it ends the process", { timeout: 60_000 }, async () => {
  const { child, client, lines, over } = await started("alone");
  using _ = client;
  child.kill("SIGTERM");
  expect(await client.close()).toEqual([1012, "shutting down"]);
  leave(client);
  expect(await over).toEqual([null, "SIGTERM"]);
  expect(lines).toEqual(["finished"]);
});

test("who listens as well ends the process", { timeout: 60_000 }, async () => {
  const { child, client, lines, over } = await started("both");
  using _ = client;
  child.kill("SIGTERM");
  expect(await client.close()).toEqual([1012, "shutting down"]);
  leave(client);
  expect(await over).toEqual([7, null]);
  expect(lines).toEqual(["own", "finished"]);
});

test("with `signals: false` the server is closed by its owner", { timeout: 60_000 }, async () => {
  const { child, client, lines, over } = await started("own");
  using _ = client;
  child.kill("SIGTERM");
  expect(await client.close()).toEqual([1001, "shutting down"]);
  leave(client);
  expect(await over).toEqual([7, null]);
  expect(lines).toEqual(["own", "finished"]);
});

test("a second SIGTERM ends the process at once", { timeout: 60_000 }, async () => {
  const { child, client, lines, over } = await started("hangs");
  using _ = client;
  child.kill("SIGTERM");
  expect(await client.close()).toEqual([1012, "shutting down"]);
  child.kill("SIGTERM");
  expect(await over).toEqual([null, "SIGTERM"]);
  expect(lines).toEqual([]);
});

test("servers share one listener, which goes with the last of them", async () => {
  const before = process.listenerCount("SIGTERM");
  const servers = [await serve(createApp(), { port: 0 }), await serve(createApp(), { port: 0 })];
  expect(process.listenerCount("SIGTERM")).toBe(before + 1);
  await servers[0]?.close();
  expect(process.listenerCount("SIGTERM")).toBe(before + 1);
  await servers[1]?.close();
  expect(process.listenerCount("SIGTERM")).toBe(before);
  await using _ = await serve(createApp(), { port: 0, signals: false });
  expect(process.listenerCount("SIGTERM")).toBe(before);
});
