import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@redis/client";
import { findFreePort } from "../../../server/test/store/network/free-port.ts";
import { findRedisServer } from "./find.ts";

/** Options of a server. */
export interface RedisServerOptions {
  /** More arguments, such as `["--appendonly", "yes"]`. */
  readonly args?: readonly string[];
}

/** A Redis server of a test, whose files are in a temporary folder. */
export class RedisServer {
  /** The port at 127.0.0.1. */
  readonly port: number;
  readonly #directory: string;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, directory: string, args: readonly string[]) {
    this.port = port;
    this.#directory = directory;
    this.#args = args;
  }

  /** Starts a server without data. `stop` has to be called. */
  static async start({ args = [] }: RedisServerOptions = {}): Promise<RedisServer> {
    const directory = await mkdtemp(join(tmpdir(), "symbolon-redis-"));
    const server = new RedisServer(await findFreePort(), directory, args);
    await server.restart();
    return server;
  }

  /** The address. */
  get url(): string {
    return this.urlAt(this.port);
  }

  /** The same at another port, which forwards to this one. */
  urlAt(port: number): string {
    return `redis://127.0.0.1:${port}`;
  }

  /** Starts the server again, with the files that it has left. */
  async restart(): Promise<void> {
    const path = findRedisServer() ?? "redis-server";
    const address = ["--port", String(this.port), "--bind", "127.0.0.1"];
    const files = ["--dir", this.#directory, "--save", "", "--repl-diskless-sync-delay", "0"];
    const child = spawn(path, [...address, ...files, ...this.#args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#process = child;
    child.stdout.setEncoding("utf8");
    let log = "";
    for await (const text of child.stdout as AsyncIterable<string>) {
      log += text;
      if (log.includes("Ready to accept connections")) break;
    }
    if (child.exitCode !== null) throw new Error(`redis-server did not start:\n${log}`);
    child.stdout.resume();
  }

  /** Sends a signal, and waits for the end of the process unless the signal only stops or continues it. */
  async signal(name: "SIGKILL" | "SIGTERM" | "SIGSTOP" | "SIGCONT"): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(name);
    if (name === "SIGKILL" || name === "SIGTERM") await once(child, "exit");
  }

  /** Runs a command. */
  async command(...args: string[]): Promise<unknown> {
    const client = createClient({ url: this.url });
    await client.connect();
    try {
      return await client.sendCommand(args);
    } finally {
      client.destroy();
    }
  }

  /** Ends the server, and removes its files. */
  async stop(): Promise<void> {
    await this.signal("SIGKILL");
    await rm(this.#directory, { recursive: true, force: true });
  }
}
