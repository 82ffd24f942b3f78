import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A server of this repository: `server.ts` in a folder of its own, which prints `symbolon <name>: <url>` when it listens. */
export type ServerProgram = {
  readonly name: string;
  /** Relative to this file. */
  readonly folder: string;
  /** Variables of its environment, besides `PORT`. */
  readonly env?: Readonly<Record<string, string>>;
};

/** A server in a process of its own, which keeps its port from one life to the next. */
export class ServerProcess {
  readonly port: number;
  readonly #program: ServerProgram;
  #child: ChildProcess | undefined;
  #complaints = "";

  private constructor(port: number, program: ServerProgram) {
    this.port = port;
    this.#program = program;
  }

  /** Starts a server at the first of these ports that is free. */
  static async start(ports: Iterable<number>, program: ServerProgram): Promise<ServerProcess> {
    for (const port of ports) {
      const server = new ServerProcess(port, program);
      if (await server.start()) return server;
    }
    throw new Error("no port is free");
  }

  /** Where its page is. */
  get url(): string {
    return `http://localhost:${this.port}`;
  }

  /** What it has said on its standard error in this life. */
  get complaints(): string {
    return this.#complaints;
  }

  /** Sends it a signal: `SIGSTOP` and `SIGCONT` make it pause. */
  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Starts it; false when the port is in use. */
  async start(): Promise<boolean> {
    const { name, folder, env } = this.#program;
    const child = spawn(process.execPath, ["--conditions=symbolon-source", "--import", "tsx", "server.ts"], {
      cwd: fileURLToPath(new URL(folder, import.meta.url)),
      env: { ...process.env, ...env, PORT: String(this.port) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.#complaints = "";
    child.stderr.on("data", (chunk: Buffer) => (this.#complaints += chunk.toString()));
    for await (const line of createInterface(child.stdout)) {
      if (line === `symbolon ${name}: ${this.url}`) return true;
    }
    if (/\bin use\b/.test(this.#complaints)) return false;
    throw new Error(`the ${name} did not start: ${this.#complaints}`);
  }

  /** Ends it without a goodbye, as a crash does. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }
}
