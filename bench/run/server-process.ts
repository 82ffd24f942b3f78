import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { BenchServer } from "./bench-server.ts";
import type { Answer, Measures } from "../servers/control.ts";

/** A server program of `servers/` in a process of its own. */
export class ServerProcess implements BenchServer {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #id = 0;

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
    child.on("message", (answer: Answer) => {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    child.on("exit", () => {
      for (const [id, receive] of this.#waiting) receive({ id, error: "the process has ended" });
    });
  }

  /**
   * Starts the program in the file `<program>.js`: `servers/ws`, `clients/connect`.
   * @throws as a rejection: when it ends before it listens.
   */
  static async start(
    program: string,
    {
      env,
      profile,
    }: { readonly env?: Readonly<Record<string, string>>; readonly profile?: string | undefined } = {},
  ): Promise<ServerProcess> {
    const file = fileURLToPath(new URL(`../${program}.js`, import.meta.url));
    const child = fork(file, {
      execArgv: [
        "--expose-gc",
        ...(profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`]),
      ],
      env: { ...process.env, ...env, NODE_ENV: "production" },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const exit = once(child, "exit").then(() => Promise.reject(new Error(`"${program}" has ended`)));
    const message = once(child, "message") as Promise<[{ readonly port: number }]>;
    const [{ port }] = await Promise.race([message, exit]);
    exit.catch(() => {}); // `stop` ends it
    return new ServerProcess(port, child);
  }

  async command(name: string, argument = 0): Promise<unknown> {
    const id = (this.#id += 1);
    const answer = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#child.send({ id, name, argument });
    const { result, error } = await answer;
    if (error !== undefined) throw new Error(`the command ${JSON.stringify(name)} has failed: ${error}`);
    return result;
  }

  async measure(): Promise<Measures> {
    return (await this.command("measure")) as Measures;
  }

  async collect(): Promise<Measures> {
    return (await this.command("collect")) as Measures;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.disconnect(); // then it exits, and writes its profile if one is asked for
    await exit;
  }
}
