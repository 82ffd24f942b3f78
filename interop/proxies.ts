/** Runs the configurations of nginx and Caddy in docs/security.md and docs/deploying.md in front of a server, and prints a line for each. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApp, identity, listen } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { tickets } from "@symbolon/server/tickets";
import { installDebian } from "../e2e/apt.ts";
import { checkPrefixes, type PrefixName, prefixChecks, prefixService } from "./prefix-checks.ts";
import { checkProxy, proxyChecks } from "./proxy-checks.ts";

/** The host in the page's configurations. */
const host = "chat.example.com";
/** How long a proxy may take to listen, in ms. */
const startTimeout = 10_000;

/** A proxy that the page configures. */
interface Proxy {
  readonly name: string;
  /** Its Debian package. */
  readonly debian: string;
  /** The words of its command, with the folder of its files. */
  readonly command: (folder: string) => readonly [string, ...string[]];
  /** Its configurations: one alone in front of the server, and one with path prefixes besides. */
  readonly configurations: () => readonly [plain: string, withPrefixes: string];
  /** The files that it needs: the configuration with other addresses. */
  readonly files: (configuration: string, folder: string, port: number) => Readonly<Record<string, string>>;
}

const proxies: readonly Proxy[] = [
  {
    name: "nginx",
    debian: "nginx-light",
    command: (folder) => ["nginx", "-p", folder, "-c", `${folder}/nginx.conf`, "-e", `${folder}/error.log`],
    configurations: () => {
      const [plain = ""] = blocksOf("security.md", "nginx");
      const prefixes = blocksOf("deploying.md", "nginx").join("\n");
      return [plain, plain.replace(/\}\n$/, () => `${prefixes}}\n`)];
    },
    files: (block, folder, port) => ({
      "nginx.conf": `daemon off; pid ${folder}/pid; worker_processes 1;\nevents {}\nhttp {\n${[
        "client_body",
        "proxy",
        "fastcgi",
        "uwsgi",
        "scgi",
      ]
        .map((name) => `${name}_temp_path ${folder}/${name};\n`)
        .join("")}${replaced(block, {
        "listen 443 ssl": `listen 127.0.0.1:${port} ssl`,
        [`/etc/ssl/${host}.pem`]: `${folder}/pem`,
        [`/etc/ssl/${host}.key`]: `${folder}/key`,
        "/var/log/nginx/chat.log": `${folder}/access.log`,
      })}\n}\n`,
    }),
  },
  {
    name: "caddy",
    debian: "caddy",
    command: (folder) => ["caddy", "run", "--adapter", "caddyfile", "--config", `${folder}/Caddyfile`],
    configurations: () => {
      const [plain = ""] = blocksOf("security.md", "caddy");
      const [withPrefixes = ""] = blocksOf("deploying.md", "caddy");
      return [plain, withPrefixes];
    },
    files: (block, folder, port) => ({
      Caddyfile: `{\n admin off\n auto_https disable_redirects\n}\n${replaced(block, {
        [`${host} {`]: `https://${host}:${port} {\n bind 127.0.0.1\n tls ${folder}/pem ${folder}/key`,
      })}`,
    }),
  },
];

/** Replaces parts of a configuration, each of which must be there. */
function replaced(block: string, parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts).reduce((text, [part, by]) => {
    if (!text.includes(part)) throw new Error(`the configuration in docs has no ${part}`);
    return text.replace(part, by);
  }, block);
}

/** The blocks of a page in a language. */
function blocksOf(page: string, language: string): readonly string[] {
  const text = readFileSync(new URL(`../docs/${page}`, import.meta.url), "utf8");
  const blocks = text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"));
  return Array.from(blocks, ([, block = ""]) => block);
}

function isInstalled(program: string): boolean {
  return spawnSync(program, ["-v"], { stdio: "ignore" }).error === undefined;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The server of the page, with few connections for each address. */
async function startServer() {
  const app = createApp({
    security: { hosts: [host] },
    limits: { trustProxy: true, perAddress: 2 },
  });
  const { issue, check } = tickets(app);
  const signedIn = app.group(({ cookies: { user } }) =>
    user === undefined ? new Response("Sign in first", { status: 401 }) : identity({ principal: user }),
  );
  app.ws(
    "/echo",
    listen((message) => message),
  );
  signedIn.http("/ticket", issue);
  app.group(check).ws("/raw", (socket, { principal }) => socket.send(principal));
  app.mount("/kept", createServiceApp("kept"));
  app.mount("/", createServiceApp("removed"));
  return serve(app, { port: 0, host: "127.0.0.1", signals: false });
}

/** An app that a proxy reaches by a path prefix: its contract names what happened to the prefix. */
function createServiceApp(prefix: PrefixName) {
  const app = createApp();
  app.implement(prefixService, () => ({ prefix: () => prefix }));
  return app;
}

/** Runs a proxy with a configuration, and checks it. Returns whether it passed. */
async function run(proxy: Proxy, configuration: string, hasPrefixes: boolean): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), `symbolon-${proxy.name}-`));
  await using server = await startServer();
  const port = await freePort();
  const block = configuration.replaceAll("127.0.0.1:3000", `127.0.0.1:${server.port}`);
  for (const [file, text] of Object.entries(proxy.files(block, folder, port)))
    writeFileSync(join(folder, file), text);
  const subject = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
  const out = ["-keyout", `${folder}/key`, "-out", `${folder}/pem`];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject, ...out],
    {
      stdio: "ignore",
    },
  );
  const [command, ...args] = proxy.command(folder);
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise((resolve) => child.once("close", resolve));
  try {
    const certificate = readFileSync(join(folder, "pem"), "utf8");
    const address = { host, port, certificate, startTimeout };
    const checks = [...(await checkProxy(address)), ...(hasPrefixes ? await checkPrefixes(address) : [])];
    const expected = proxyChecks.length + (hasPrefixes ? prefixChecks.length : 0);
    const log = [output, ...["access.log", "error.log"].map((file) => readIfExists(join(folder, file)))];
    if (log.some((text) => text.includes("ticket="))) throw new Error("the proxy has logged a query");
    console.log(`${proxy.name}: ${checks.length} of ${expected} checks passed: ${checks.join(", ")}`);
    return checks.length === expected;
  } catch (error) {
    console.error(
      `${proxy.name}: failed: ${String(error)}\n${output}${readIfExists(join(folder, "error.log"))}`,
    );
    return false;
  } finally {
    child.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

function readIfExists(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

const counts = { passed: 0, failed: 0, missing: 0 };
installDebian(proxies.filter(({ name }) => !isInstalled(name)).map(({ debian }) => debian));
for (const proxy of proxies) {
  if (!isInstalled(proxy.name)) {
    console.error(`${proxy.name}: could not run: install ${proxy.debian} (Debian)`);
    counts.missing += 1;
    continue;
  }
  const [plain, withPrefixes] = proxy.configurations();
  const passed = (await run(proxy, plain, false)) && (await run(proxy, withPrefixes, true));
  counts[passed ? "passed" : "failed"] += 1;
}
console.log(`proxies: passed ${counts.passed}, failed ${counts.failed}, could not run ${counts.missing}`);
if (counts.passed < proxies.length) process.exitCode = 1;
