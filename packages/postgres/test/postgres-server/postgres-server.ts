import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { findFreePort } from "../../../server/test/store/network/free-port.ts";
import { findPostgres } from "./find.ts";

const run = promisify(execFile);

/** A PostgreSQL server of a test, whose files are in a temporary folder. */
export class PostgresServer {
  /** The port at 127.0.0.1. */
  readonly port: number;
  readonly #directory: string;
  #process: ChildProcess | undefined;

  private constructor(port: number, directory: string) {
    this.port = port;
    this.#directory = directory;
  }

  /** Starts a server without data. `stop` has to be called. */
  static async start(): Promise<PostgresServer> {
    const server = await PostgresServer.#create();
    const args = ["--pgdata", server.#data, "--username", "postgres", "--auth", "trust", "--no-sync"];
    await run(program("initdb"), [...args, "--encoding", "UTF8", "--locale", "C"], asUser());
    await server.restart();
    return server;
  }

  /** Starts a replica of a server, which `promote` makes independent. `stop` has to be called. */
  static async startReplica(primary: PostgresServer): Promise<PostgresServer> {
    const server = await PostgresServer.#create();
    const args = ["--pgdata", server.#data, "--write-recovery-conf", "--checkpoint", "fast", "--no-sync"];
    const from = ["--host", "127.0.0.1", "--port", String(primary.port), "--username", "postgres"];
    await run(program("pg_basebackup"), [...args, ...from], asUser());
    await server.restart();
    return server;
  }

  static async #create(): Promise<PostgresServer> {
    const directory = await mkdtemp(join(tmpdir(), "symbolon-postgres-"));
    const { uid, gid } = asUser();
    if (uid !== undefined && gid !== undefined) await chown(directory, uid, gid);
    return new PostgresServer(await findFreePort(), directory);
  }

  /** The address of the database. */
  get url(): string {
    return this.urlAt(this.port);
  }

  /** The same at another port, which forwards to this one. */
  urlAt(port: number): string {
    return `postgres://postgres@127.0.0.1:${port}/postgres`;
  }

  get #data(): string {
    return join(this.#directory, "data");
  }

  /** Starts the server again, with the files that it has left. */
  async restart(): Promise<void> {
    const settings = ["listen_addresses=127.0.0.1", `port=${this.port}`, "unix_socket_directories="];
    const args = ["-D", this.#data, ...settings.flatMap((setting) => ["-c", setting])];
    const child = spawn(program("postgres"), args, { stdio: ["ignore", "ignore", "pipe"], ...asUser() });
    this.#process = child;
    child.stderr.setEncoding("utf8");
    let log = "";
    for await (const text of child.stderr as AsyncIterable<string>) {
      log += text;
      if (log.includes("ready to accept")) break;
    }
    if (child.exitCode !== null) throw new Error(`postgres did not start:\n${log}`);
    child.stderr.resume();
  }

  /** Sends a signal, and waits for the end of the server unless the signal only stops or continues it. */
  async signal(name: "SIGKILL" | "SIGINT"): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(name);
    await once(child, "exit");
  }

  /** Runs a statement, and returns its rows. */
  async query(text: string): Promise<readonly Record<string, unknown>[]> {
    const client = new Client({ connectionString: this.url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** Runs a statement, and keeps what it locks until the function that it returns is called. */
  async block(text: string): Promise<() => Promise<void>> {
    const client = new Client({ connectionString: this.url });
    await client.connect();
    await client.query(`begin; ${text}`);
    return () => client.end();
  }

  /** Ends the server, and removes its files. */
  async stop(): Promise<void> {
    await this.signal("SIGINT");
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function program(name: string): string {
  return join(findPostgres() ?? "", name);
}

/** The user as which the programs run: root may not, so that they run as the user that the package has made. */
function asUser(): { readonly uid?: number; readonly gid?: number; readonly cwd: string } {
  if (process.getuid?.() !== 0) return { cwd: tmpdir() };
  const id = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g"), cwd: tmpdir() };
}
