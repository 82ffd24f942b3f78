import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Answer, Measures } from "../servers/control.ts";

/** A server program of `servers/` in a process of its own. */
export class ServerProcess {
  /** The port that the server listens on. */
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #id = 0;

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
    child.on("message", ({ id, result }: Answer) => {
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
    });
  }

  /**
   * Starts the server in the file `servers/<program>.js`.
   * @throws as a rejection: when it ends before it listens.
   */
  static async start(program: string): Promise<ServerProcess> {
    const file = fileURLToPath(new URL(`../servers/${program}.js`, import.meta.url));
    const child = fork(file, {
      execArgv: ["--expose-gc"],
      env: { ...process.env, NODE_ENV: "production" },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const exit = once(child, "exit").then(() =>
      Promise.reject(new Error(`the server "${program}" has ended`)),
    );
    const message = once(child, "message") as Promise<[{ readonly port: number }]>;
    const [{ port }] = await Promise.race([message, exit]);
    exit.catch(() => {}); // `stop` ends it
    return new ServerProcess(port, child);
  }

  /** Runs a command of the server. */
  async command(name: string, argument = 0): Promise<unknown> {
    const id = (this.#id += 1);
    const answer = new Promise((resolve) => this.#waiting.set(id, resolve));
    this.#child.send({ id, name, argument });
    return await answer;
  }

  /** The CPU time and memory of the process. */
  async measure(): Promise<Measures> {
    return (await this.command("measure")) as Measures;
  }

  /** The same after a garbage collection. */
  async collect(): Promise<Measures> {
    return (await this.command("collect")) as Measures;
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exit;
  }
}
