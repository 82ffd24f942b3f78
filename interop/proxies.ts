/** Runs the configurations of nginx and Caddy in docs/security.md in front of a server, and prints a line for each. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApp, identity, listen } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { tickets } from "@symbolon/server/tickets";
import { installDebian } from "../e2e/apt.ts";
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
  /** The files that it needs: the page's block with other addresses. */
  readonly files: (block: string, folder: string, port: number) => Readonly<Record<string, string>>;
}

const proxies: readonly Proxy[] = [
  {
    name: "nginx",
    debian: "nginx-light",
    command: (folder) => ["nginx", "-p", folder, "-c", `${folder}/nginx.conf`, "-e", `${folder}/error.log`],
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
    if (!text.includes(part)) throw new Error(`docs/security.md: the configuration has no ${part}`);
    return text.replace(part, by);
  }, block);
}

/** The page's block in a language. */
function blockOf(language: string): string {
  const page = readFileSync(new URL("../docs/security.md", import.meta.url), "utf8");
  const [, block] = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(page) ?? [];
  if (block === undefined) throw new Error(`docs/security.md has no ${language} block`);
  return block;
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
  return serve(app, { port: 0, host: "127.0.0.1", signals: false });
}

/** Runs a proxy with the page's configuration, and checks it. Returns whether it passed. */
async function run(proxy: Proxy): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), `symbolon-${proxy.name}-`));
  await using server = await startServer();
  const port = await freePort();
  const block = replaced(blockOf(proxy.name), { "127.0.0.1:3000": `127.0.0.1:${server.port}` });
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
    const checks = await checkProxy({
      host,
      port,
      certificate: readFileSync(join(folder, "pem"), "utf8"),
      startTimeout,
    });
    const log = [output, ...["access.log", "error.log"].map((file) => readIfExists(join(folder, file)))];
    if (log.some((text) => text.includes("ticket="))) throw new Error("the proxy has logged a query");
    console.log(
      `${proxy.name}: ${checks.length} of ${proxyChecks.length} checks passed: ${checks.join(", ")}`,
    );
    return checks.length === proxyChecks.length;
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
  } else counts[(await run(proxy)) ? "passed" : "failed"] += 1;
}
console.log(`proxies: passed ${counts.passed}, failed ${counts.failed}, could not run ${counts.missing}`);
if (counts.passed < proxies.length) process.exitCode = 1;
