/** Starts the databases of the stores, as the tests of their packages do. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { tsImport } from "tsx/esm/api";

/** A database that runs. Its data are in a temporary folder. */
interface DatabaseServer {
  readonly url: string;
  /** Ends it, and removes the folder. */
  stop(): Promise<void>;
}

/** A database: its name, what to install, and where the tests find its program and start it. */
interface DatabaseKind {
  readonly name: string;
  readonly needs: string;
  /** The path of a program that prints the version, when it is installed. */
  readonly find: () => Promise<string | undefined>;
  readonly start: () => Promise<DatabaseServer>;
}

const kinds: readonly DatabaseKind[] = [
  {
    name: "Redis",
    needs: "redis-server 7.0 or later on PATH, or its path in REDIS_SERVER_PATH",
    async find() {
      const { findRedisServer } = (await importTest("redis/test/redis-server/find.ts")) as {
        findRedisServer: () => string | undefined;
      };
      return findRedisServer();
    },
    async start() {
      const { RedisServer } = (await importTest("redis/test/redis-server/redis-server.ts")) as {
        RedisServer: { start(): Promise<DatabaseServer> };
      };
      return await RedisServer.start();
    },
  },
  {
    name: "PostgreSQL",
    needs: "PostgreSQL 15 or later on PATH, or the folder of its programs in POSTGRES_PATH",
    async find() {
      const { findPostgres } = (await importTest("postgres/test/postgres-server/find.ts")) as {
        findPostgres: () => string | undefined;
      };
      const folder = findPostgres();
      return folder === undefined ? undefined : join(folder, "postgres");
    },
    async start() {
      const { PostgresServer } = (await importTest("postgres/test/postgres-server/postgres-server.ts")) as {
        PostgresServer: { start(): Promise<DatabaseServer> };
      };
      return await PostgresServer.start();
    },
  },
];

/** The databases of a run. */
interface Databases {
  /** The address of each that runs, by its name. */
  readonly urls: Readonly<Record<string, string>>;
  /** The version of each. */
  readonly versions: Readonly<Record<string, string>>;
  /** A line for each that is not installed. */
  readonly missing: readonly string[];
  /** Ends them. */
  readonly stop: () => Promise<void>;
}

/** Starts the databases that this machine has. A signal that ends the bench ends them too. */
export async function startDatabases(): Promise<Databases> {
  const urls: Record<string, string> = {};
  const versions: Record<string, string> = {};
  const servers: DatabaseServer[] = [];
  const missing: string[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void stop().finally(() => process.exit(1)));
  for (const { name, needs, find, start } of kinds) {
    const program = await find();
    if (program === undefined) {
      missing.push(`${name}: not measured, which needs ${needs}`);
      continue;
    }
    const server = await start();
    servers.push(server);
    urls[name] = server.url;
    versions[name] = versionOf(program);
  }
  return { urls, versions, missing, stop };
}

/** Imports a module of a package's tests, which `tsc` does not write. */
function importTest(file: string): Promise<unknown> {
  return tsImport(`../../../packages/${file}`, import.meta.url);
}

function versionOf(program: string): string {
  const text = execFileSync(program, ["--version"], { encoding: "utf8" });
  return /\d+(?:\.\d+)+/.exec(text)?.[0] ?? text.trim();
}
