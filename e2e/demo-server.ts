import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const demo = fileURLToPath(new URL("../demo", import.meta.url));

/** What differs from the demo's defaults; times in milliseconds. */
export type DemoOptions = { readonly heartbeat?: { readonly interval: number; readonly timeout: number } };

/** The demo's server in a process of its own, which keeps its port from one life to the next. */
export class DemoServer {
  readonly port: number;
  readonly #options: DemoOptions;
  #child: ChildProcess | undefined;

  private constructor(port: number, options: DemoOptions) {
    this.port = port;
    this.#options = options;
  }

  /** Starts a server at the first of these ports that is free. */
  static async start(ports: Iterable<number>, options: DemoOptions = {}): Promise<DemoServer> {
    for (const port of ports) {
      const server = new DemoServer(port, options);
      if (await server.start()) return server;
    }
    throw new Error("no port is free");
  }

  /** Where its page is. */
  get url(): string {
    return `http://localhost:${this.port}`;
  }

  /** Starts it; false when the port is in use. */
  async start(): Promise<boolean> {
    const { interval, timeout } = this.#options.heartbeat ?? {};
    const child = spawn(process.execPath, ["--conditions=symbolon-source", "--import", "tsx", "server.ts"], {
      cwd: demo,
      env: {
        ...process.env,
        PORT: String(this.port),
        HEARTBEAT_INTERVAL: String(interval ?? ""),
        HEARTBEAT_TIMEOUT: String(timeout ?? ""),
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    let complaints = "";
    child.stderr.on("data", (chunk: Buffer) => (complaints += chunk.toString()));
    for await (const line of createInterface(child.stdout)) {
      if (line === `symbolon demo: ${this.url}`) return true;
    }
    if (complaints.includes("is in use")) return false;
    throw new Error(`the demo did not start: ${complaints}`);
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
