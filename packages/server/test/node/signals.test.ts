import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { afterEach, expect, test, vi } from "vitest";
import { opcodes, connectRawClient, type RawClient, rawFrame } from "./raw-client.ts";
import { slow } from "../../../../test/time-limits.ts";

const program = fileURLToPath(new URL("signal-server.ts", import.meta.url));
const running: ChildProcess[] = [];

afterEach(() => {
  vi.unstubAllEnvs();
  for (const child of running.splice(0)) child.kill("SIGKILL");
});

/** Starts the server in a process of its own and connects a client. */
async function startServer(mode: string, env: string | undefined = process.env["NODE_ENV"]) {
  const node = ["--conditions", "symbolon-source", "--import", "tsx", program, mode];
  const child = spawn(process.execPath, node, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_ENV: env },
  });
  running.push(child);
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  const [port] = (await once(reader, "line")) as [string];
  reader.on("line", (line) => lines.push(line));
  const exited = once(child, "close") as Promise<[code: number | null, signal: string | null]>;
  const client = await connectRawClient(Number(port));
  await client.open("/echo");
  return { child, client, lines, exited, port: Number(port) };
}

/** Sends the close frame of a client that goes away. */
const closeClient = (client: RawClient): void =>
  client.write(rawFrame(opcodes.close, Buffer.from([0x03, 0xe9])));

test("a SIGTERM drains the server; then it ends the process", slow, async () => {
  const { child, client, lines, exited } = await startServer("alone");
  using _ = client;
  child.kill("SIGTERM");
  expect(await client.closeFrame()).toEqual([1012, "shutting down"]);
  closeClient(client);
  expect(await exited).toEqual([null, "SIGTERM"]);
  expect(lines).toEqual(["finished"]);
});

test.each([
  ["development", 1001],
  [undefined, 1001],
  ["production", 1012],
])(
  "with NODE_ENV %s and no `drain`, a SIGTERM closes with %i: a developer does not wait for clients to go elsewhere",
  slow,
  async (env, code) => {
    const { child, client, lines, exited } = await startServer("restarts", env ?? "");
    using _ = client;
    child.kill("SIGTERM");
    expect(await client.closeFrame()).toEqual([code, "shutting down"]);
    closeClient(client);
    expect(await exited).toEqual([null, "SIGTERM"]);
    expect(lines).toEqual(["finished"]);
  },
);

test(
  "under `node --watch` a SIGTERM waits neither for `drain` nor for a handler that hangs, also in production",
  slow,
  async () => {
    vi.stubEnv("WATCH_REPORT_DEPENDENCIES", "1");
    const { child, client, lines, exited } = await startServer("hangs", "production");
    using _ = client;
    child.kill("SIGTERM");
    expect(await client.closeFrame()).toEqual([1001, "shutting down"]);
    expect(await exited).toEqual([null, "SIGTERM"]);
    expect(lines).toEqual([]);
  },
);

test("another listener to SIGTERM ends the process", slow, async () => {
  const { child, client, lines, exited } = await startServer("both");
  using _ = client;
  child.kill("SIGTERM");
  expect(await client.closeFrame()).toEqual([1012, "shutting down"]);
  closeClient(client);
  expect(await exited).toEqual([7, null]);
  expect(lines).toEqual(["own", "finished"]);
});

test("with `signals: false` the app closes the server", slow, async () => {
  const { child, client, lines, exited } = await startServer("own");
  using _ = client;
  child.kill("SIGTERM");
  expect(await client.closeFrame()).toEqual([1001, "shutting down"]);
  closeClient(client);
  expect(await exited).toEqual([7, null]);
  expect(lines).toEqual(["own", "finished"]);
});

// L2
test(
  "a SIGTERM ends the process though a stream, a silent client and half a request are open",
  slow,
  async () => {
    const { child, client, exited, port } = await startServer("alone");
    using _ = client;
    using silent = await connectRawClient(port);
    using stream = await connectRawClient(port);
    stream.write("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect((await stream.response()).status).toBe(200);
    using half = await connectRawClient(port);
    half.write("GET /eve");
    child.kill("SIGTERM");
    expect(await client.closeFrame()).toEqual([1012, "shutting down"]);
    closeClient(client);
    expect(await exited).toEqual([null, "SIGTERM"]);
    expect(await silent.rest()).toHaveLength(0);
  },
);

test("a second SIGTERM ends the process at once", slow, async () => {
  const { child, client, lines, exited } = await startServer("hangs");
  using _ = client;
  child.kill("SIGTERM");
  expect(await client.closeFrame()).toEqual([1012, "shutting down"]);
  child.kill("SIGTERM");
  expect(await exited).toEqual([null, "SIGTERM"]);
  expect(lines).toEqual([]);
});

test("servers share one listener, which is removed with the last server", async () => {
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
