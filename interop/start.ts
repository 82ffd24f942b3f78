/** Starts the interop server in its own process, on a free port. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A running server: its `http` address without a path, and a function that stops it. */
export type RunningServer = { readonly url: string; readonly stop: () => void };

/** Resolves when the server listens. Rejects with its error output when it ends before. */
export async function startServer(): Promise<RunningServer> {
  const child = spawn(process.execPath, ["--conditions=symbolon-source", "--import", "tsx", "server.ts"], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errorOutput = "";
  child.stderr.on("data", (chunk: Buffer) => (errorOutput += chunk.toString()));
  for await (const line of createInterface(child.stdout)) {
    const url = /^symbolon interop: (.*)$/.exec(line)?.[1];
    if (url) return { url, stop: () => void child.kill() };
  }
  throw new Error(`the interop server did not start: ${errorOutput}`);
}
