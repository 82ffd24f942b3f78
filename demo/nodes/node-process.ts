import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type NodeSettings, nodeSocket } from "../settings.ts";
import type { KillRequest } from "./kill-route.ts";

/** After which time a node that was killed is started again, in ms. */
const restartDelay = 3_000;

/** What a node reports to the program that has started it. */
type NodeReport = KillRequest | { readonly listening: number };

/** What a `NodeProcess` calls. */
export interface NodeCallbacks {
  /** A page asks to kill the node with this number. */
  readonly onKillRequest: (number: number) => void;
  /** The process has ended without `stop`. It starts again when this resolves and `restartDelay` has passed. */
  readonly onLost: (number: number) => Promise<void>;
}

/** A node: a chat server in a process of its own, which starts again a few seconds after it was killed. */
export class NodeProcess {
  /** The path of the Unix socket that it listens on. */
  readonly path: string;
  readonly #settings: NodeSettings;
  readonly #callbacks: NodeCallbacks;
  #child: ChildProcess | undefined;
  #restart: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(settings: NodeSettings, callbacks: NodeCallbacks) {
    this.path = nodeSocket(settings);
    this.#settings = settings;
    this.#callbacks = callbacks;
  }

  /** Starts the process. Resolves when it listens. @throws Error when it ends before. */
  async start(): Promise<void> {
    const { number, count, directory } = this.#settings;
    await rm(this.path, { force: true }); // a killed process leaves its socket
    if (this.#isStopped) return;
    const env = { NODES_DIRECTORY: directory, NODE_NUMBER: String(number), NODE_COUNT: String(count) };
    const child = spawn(process.execPath, ["--conditions=symbolon-source", "--import", "tsx", "server.ts"], {
      cwd: join(import.meta.dirname, ".."),
      env: { ...process.env, ...env },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      detached: true, // in a process group of its own: Ctrl+C in a terminal must not end it before `stop`
    });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      child.on("message", (report: NodeReport) => {
        if ("kill" in report) this.#callbacks.onKillRequest(report.kill);
        else resolve();
      });
      child.once("exit", (code, signal) => {
        reject(new Error(`node ${number} has ended with ${code ?? signal}`));
        if (!this.#isStopped) void this.#lost();
      });
    });
  }

  /** Kills the process with SIGKILL, as a crash does. */
  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  /** Ends the process, and does not start it again. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGTERM");
    await exit;
  }

  async #lost(): Promise<void> {
    const { number } = this.#settings;
    console.log(`node ${number} has ended; it starts again in ${restartDelay / 1_000} s`);
    await this.#callbacks.onLost(number);
    if (this.#isStopped) return;
    this.#restart = setTimeout(() => {
      this.start().then(
        () => console.log(`node ${number} is back`),
        (error: unknown) => console.error(error),
      );
    }, restartDelay);
  }
}
