import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, cpus, loadavg, platform, release, totalmem } from "node:os";
import { dirname, join } from "node:path";

/** Where a run took place, and of which versions. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Memory, in GiB. */
  readonly memory: number;
  readonly system: string;
  /** Node, and the packages of the peers or the databases. */
  readonly versions: Readonly<Record<string, string>>;
  /** How many processes wanted to run when the bench began: above 1 other programs disturb it. */
  readonly load: number;
}

const packages = [
  "ws",
  "zod",
  "socket.io",
  "@trpc/server",
  "graphql-ws",
  "graphql",
  "crossws",
  "fastify",
  "@fastify/websocket",
  "hono",
  "@hono/node-server",
];

/** Describes this machine. `versions` are those of what is measured besides Node. @default the packages of the peers */
export function describeMachine(versions: Machine["versions"] = peerVersions()): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model ?? "unknown",
    cores: cpus().length,
    memory: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    versions: { node: process.versions.node, ...versions },
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}

function peerVersions(): Machine["versions"] {
  return Object.fromEntries(packages.map((name) => [name, versionOf(name)]));
}

function versionOf(name: string): string {
  const paths = createRequire(import.meta.url).resolve.paths(name) ?? [];
  for (const path of paths)
    try {
      const text = readFileSync(join(path, name, "package.json"), "utf8");
      return (JSON.parse(text) as { readonly version: string }).version;
    } catch {} // the next folder
  return dirname(name) === "." ? "not installed" : "unknown";
}
