import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A server program of this repository: it prints `symbolon <name>: <url>` when it listens. */
export type ServerProgram = {
  /** The name that the program prints. */
  readonly name: string;
  /** Its folder, relative to this file. */
  readonly folder: string;
  /** Its file in that folder, and its arguments. Default: `server.ts`. */
  readonly args?: readonly string[];
  /** Its environment variables, besides `PORT`. */
  readonly env?: Readonly<Record<string, string>>;
};

/** A server in a process of its own. A test may kill it and start it again; it keeps its port. */
export class ServerProcess {
  /** The port that the server listens on. */
  readonly port: number;
  readonly #program: ServerProgram;
  #child: ChildProcess | undefined;
  #errorOutput = "";

  private constructor(port: number, program: ServerProgram) {
    this.port = port;
    this.#program = program;
  }

  /** Starts a server on the first of these ports that is free. */
  static async start(ports: AsyncIterable<number>, program: ServerProgram): Promise<ServerProcess> {
    for await (const port of ports) {
      const server = new ServerProcess(port, program);
      if (await server.start()) return server;
    }
    throw new Error("no port is free");
  }

  /** The address of the server's page. */
  get url(): string {
    return `http://localhost:${this.port}`;
  }

  /** The number of the process that was started last. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** What the server has printed on its standard error since its last start. */
  get errorOutput(): string {
    return this.#errorOutput;
  }

  /** Sends the process a signal: `SIGSTOP` pauses it, and `SIGCONT` continues it. */
  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Lets `ms` ms of the demo's own timeouts pass at once. */
  advance(ms: number): void {
    this.#child?.send({ advance: ms });
  }

  /**
   * Starts the server again after `kill`.
   * @returns false when its port is in use.
   */
  async start(): Promise<boolean> {
    const { name, folder, args = ["server.ts"], env } = this.#program;
    const child = spawn(process.execPath, ["--conditions=symbolon-source", "--import", "tsx", ...args], {
      cwd: fileURLToPath(new URL(folder, import.meta.url)),
      env: { ...process.env, ...env, PORT: String(this.port) },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.#child = child;
    this.#errorOutput = "";
    if (!child.stdout || !child.stderr) throw new Error(`the output of the server "${name}" is not piped`);
    child.stderr.on("data", (chunk: Buffer) => (this.#errorOutput += chunk.toString()));
    for await (const line of createInterface(child.stdout)) {
      if (line === `symbolon ${name}: ${this.url}`) return true;
    }
    if (/\bin use\b/.test(this.#errorOutput)) return false;
    throw new Error(`the server "${name}" did not start: ${this.#errorOutput}`);
  }

  /** Kills the process with SIGKILL, as a crash does. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /** Asks the process to end, by SIGTERM. Resolves when it has ended. */
  terminate(): Promise<void> {
    return this.#end("SIGTERM");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  }
}
