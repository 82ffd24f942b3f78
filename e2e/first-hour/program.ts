import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** Where a command runs. */
type Place = {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
};

/** A shell command and all processes that it starts. */
export class Program {
  readonly #command: string;
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  #output = "";
  #waiting: (() => void) | undefined;

  private constructor(command: string, { cwd, env = process.env }: Place) {
    this.#command = command;
    // `npm run` sets variables that npm of an app would read: its own registry among them.
    const own = Object.entries(env).filter(([name]) => !name.startsWith("npm_"));
    this.#child = spawn(command, {
      shell: true,
      cwd,
      env: { ...Object.fromEntries(own), NO_COLOR: "1", FORCE_COLOR: undefined },
      detached: true, // a group of its own, to end all its processes at once
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#exit = once(this.#child, "exit");
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
        this.#waiting?.();
      });
    this.#child.once("close", () => this.#waiting?.());
  }

  /** Starts a command that runs until `kill`. */
  static start(command: string, place: Place): Program {
    return new Program(command, place);
  }

  /** Runs a command to its end; resolves with its output. @throws Error with the output when it fails. */
  static async run(command: string, place: Place): Promise<string> {
    const program = new Program(command, place);
    await once(program.#child, "close");
    if (program.#child.exitCode === 0) return program.#output;
    throw new Error(`${command} failed:\n${program.#output}`);
  }

  /** Resolves with the first match in its output. @throws Error when it ends without it. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#output);
      if (match) return match;
      if (this.#child.stdout?.closed) throw new Error(`${this.#command} ended:\n${this.#output}`);
      await new Promise<void>((resolve) => (this.#waiting = resolve));
    }
  }

  /** Kills all its processes. */
  async kill(): Promise<void> {
    if (this.#child.pid !== undefined && this.#child.exitCode === null)
      process.kill(-this.#child.pid, "SIGKILL");
    await this.#exit;
  }
}
