import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, connect } from "node:net";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Measures } from "../servers/control.ts";
import type { BenchServer } from "./bench-server.ts";

/** A server that Node does not run: its command, its file in `servers/`, and a program that fails where it is not installed. */
interface ForeignProgram {
  readonly command: string;
  readonly file: string;
  readonly probe: readonly string[];
}

/** Debian's Python has Debian's packages. */
const python = "/usr/bin/python3";

const programs: Readonly<Record<string, ForeignProgram>> = {
  fastapi: {
    command: python,
    file: "fastapi_server.py",
    probe: ["-c", "import fastapi, uvicorn, websockets"],
  },
  quart: { command: python, file: "quart_server.py", probe: ["-c", "import quart, hypercorn"] },
  bun: { command: "bun", file: "bun-server.mjs", probe: ["--version"] },
};

/** Whether a program is one that Node does not run. */
export function isForeign(program: string): boolean {
  return Object.hasOwn(programs, program);
}

/** Whether this machine has what the program needs. */
export function isInstalled(program: string): boolean {
  const foreign = programs[program];
  return !foreign || spawnSync(foreign.command, foreign.probe, { stdio: "ignore" }).status === 0;
}

/** How long a server may take until it listens, in ms. */
const startTimeout = 10_000;
/** The unit of CPU times in /proc, in µs. */
const tick = 10_000;

/** A server that Node does not run. Linux alone measures it, by /proc. */
export class ForeignProcess implements BenchServer {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
  }

  /**
   * Starts the program.
   * @throws as a rejection: when it does not listen in time.
   */
  static async start(program: string): Promise<ForeignProcess> {
    const foreign = programs[program];
    if (!foreign) throw new Error(`there is no program "${program}"`);
    const port = await freePort();
    const file = fileURLToPath(new URL(`../../servers/${foreign.file}`, import.meta.url));
    const child = spawn(foreign.command, [file, String(port)], { stdio: ["ignore", "ignore", "inherit"] });
    const server = new ForeignProcess(port, child);
    for (const end = performance.now() + startTimeout; !(await accepts(port)); await setTimeout(100)) {
      if (performance.now() < end && child.exitCode === null) continue;
      await server.stop();
      throw new Error(`the server "${program}" does not listen`);
    }
    return server;
  }

  command(): Promise<unknown> {
    return Promise.reject(new Error("this server has no commands"));
  }

  measure(): Promise<Measures> {
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    const cpu = (Number(fields[11]) + Number(fields[12])) * tick;
    const pages = Number(readFileSync(`/proc/${this.#child.pid}/statm`, "utf8").split(" ")[1]);
    return Promise.resolve({ cpu, rss: pages * pageBytes, heap: NaN });
  }

  collect(): Promise<Measures> {
    return this.measure();
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exit;
  }
}

const pageBytes = Number(execFileSync("getconf", ["PAGESIZE"], { encoding: "utf8" }));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
