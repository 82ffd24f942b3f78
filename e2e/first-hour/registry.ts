import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findFreePort } from "../ports.ts";
import { Program } from "./program.ts";
import { Upstream } from "./upstream.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const verdaccio = join(createRequire(import.meta.url).resolve("verdaccio/package.json"), "../bin/verdaccio");

/** Our packages: the registry takes them from this repository alone. */
const own = ["packages/protocol", "packages/server", "packages/client", "packages/create-symbolon"];

/** A registry on this machine that has our packages, packed as they would be published; it gets all others from npm's. */
export class Registry {
  /** What it has asked npm's registry for. */
  readonly upstream: Upstream;
  /** The environment in which npm uses this registry, with a cache of its own. */
  readonly env: NodeJS.ProcessEnv;
  readonly #verdaccio: Program;

  private constructor(upstream: Upstream, verdaccioProgram: Program, env: NodeJS.ProcessEnv) {
    this.upstream = upstream;
    this.#verdaccio = verdaccioProgram;
    this.env = env;
  }

  /** Starts a registry whose files are in a folder, and publishes our packages there. */
  static async start(folder: string): Promise<Registry> {
    await mkdir(folder);
    const publicRegistry = (await Program.run("npm config get registry", { cwd: root })).trim();
    const upstream = await Upstream.start(publicRegistry);
    const config = {
      storage: join(folder, "storage"),
      auth: { htpasswd: { file: join(folder, "users") } },
      uplinks: { npm: { url: upstream.url, timeout: "60s", max_fails: 100 } },
      packages: {
        "@symbolon/*": { access: "$all", publish: "$authenticated" },
        "create-symbolon": { access: "$all", publish: "$authenticated" },
        "**": { access: "$all", proxy: "npm" },
      },
      log: { type: "stdout", format: "pretty", level: "warn" },
    };
    await writeFile(join(folder, "config.yaml"), JSON.stringify(config)); // JSON is YAML
    const address = `127.0.0.1:${await findFreePort()}`;
    const program = Program.start(
      `${JSON.stringify(process.execPath)} ${JSON.stringify(verdaccio)} --config config.yaml --listen ${address}`,
      { cwd: folder },
    );
    const npmrc = join(folder, "npmrc");
    const registry = new Registry(upstream, program, {
      ...process.env,
      NPM_CONFIG_USERCONFIG: npmrc,
      NPM_CONFIG_CACHE: join(folder, "cache"),
      NPM_CONFIG_UPDATE_NOTIFIER: "false",
    });
    try {
      await program.printed(/http address/);
      const url = `http://${address}/`;
      await writeFile(npmrc, `registry=${url}\n//${address}/:_authToken=${await addUser(url)}\n`);
      const publish = `npm publish ${own.map((name) => `--workspace ${name}`).join(" ")}`;
      await Program.run(publish, { cwd: root, env: registry.env });
      return registry;
    } catch (error) {
      await registry.close();
      throw error;
    }
  }

  /** Ends it. */
  async close(): Promise<void> {
    await this.#verdaccio.kill();
    this.upstream.close();
  }
}

/** Adds a user to a registry; resolves with a token of theirs. */
async function addUser(registry: string): Promise<string> {
  const response = await fetch(new URL("-/user/org.couchdb.user:tester", registry), {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "tester", password: "of-no-importance" }),
  });
  const { token } = (await response.json()) as { token?: string };
  if (token === undefined) throw new Error(`the registry adds no user: ${response.status}`);
  return token;
}
