/** Starts the interop server in a process of its own, at a free port. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A server that runs: its `http` address without a path, and the way to end it. */
export type Running = { readonly url: string; readonly stop: () => void };

/** Resolves when the server listens. Rejects with what it complained of when it does not come to that. */
export async function startServer(): Promise<Running> {
  const child = spawn(process.execPath, ["--conditions=symbolon-source", "--import", "tsx", "server.ts"], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaints = "";
  child.stderr.on("data", (chunk: Buffer) => (complaints += chunk.toString()));
  for await (const line of createInterface(child.stdout)) {
    const url = /^symbolon interop: (.*)$/.exec(line)?.[1];
    if (url) return { url, stop: () => void child.kill() };
  }
  throw new Error(`the interop server did not start: ${complaints}`);
}
