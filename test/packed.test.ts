/** Installs the packed packages in an empty folder, and compiles and runs the README's program there. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verySlow } from "./time-limits.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));

const packages = ["protocol", "server", "client", "redis", "postgres", "docs"] as const;
const compilers = ["5.9.3", "6.0.3", "7.0.2"] as const;
const resolutions = {
  nodenext: { module: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
} as const;
type Resolution = keyof typeof resolutions;

let folder = "";
let readmeFiles = new Map<string, string>();
let port = 0;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "symbolon-packed-"));
  port = await findFreePort();
  readmeFiles = withPort(readReadmeFiles(), port);
  await run(
    process.execPath,
    [
      join(root, "node_modules/typescript/bin/tsc"),
      "-b",
      "packages/server",
      "packages/client",
      "packages/redis",
      "packages/postgres",
      "packages/docs",
    ],
    { cwd: root },
  );
  await packPackages();
  await installPackages();
  await mkdir(join(folder, "src"));
  await Promise.all(
    [...readmeFiles, ["library.ts", library] as const]
      .filter(([name]) => name.endsWith(".ts"))
      .map(([name, text]) => writeFile(join(folder, name), text)),
  );
}, verySlow.timeout);

afterAll(async () => {
  for (const child of children) child.kill();
  await rm(folder, { recursive: true, force: true });
});

test("the README has a contract, an app, a server, a page, a test, a client and its output", () => {
  const names = ["chat.ts", "app.ts", "server.ts", "page.ts", "app.test.ts"].map((name) => `src/${name}`);
  expect([...readmeFiles.keys()]).toEqual(expect.arrayContaining([...names, "client.ts", "output"]));
});

test.each(packages)("@symbolon/%s contains its README and its licence", (name) => {
  const files = readdirSync(join(folder, "node_modules/@symbolon", name));
  expect(files).toEqual(expect.arrayContaining(["LICENSE", "README.md"]));
});

test("the package of the docs page has the page", () => {
  expect(readdirSync(join(folder, "node_modules/@symbolon/docs/page/dist"))).toContain("page.js");
});

/** A user's library: the compiler must be able to name the types of its exports. */
const library = `
import { contract, int, json, text } from "@symbolon/protocol";
import { asyncapi, docsPage } from "@symbolon/docs";
import { postgresStore } from "@symbolon/postgres";
import { redisStore } from "@symbolon/redis";
import { type Context, createApp, identity, listen, listenEach, type Message, Socket } from "@symbolon/server";
import { describeApp } from "@symbolon/server/describe";
import { serve } from "@symbolon/server/node";
import { testNetwork } from "@symbolon/server/testing";
import { z } from "zod";

export class NumberedSocket extends Socket {
  number = 0;
  constructor(...args: ConstructorParameters<typeof Socket<Message, unknown>>) {
    super(...args);
  }
}
export const bare = createApp();
export const app = createApp({ state: { pool: 1 }, socket: { receive: int, Socket: NumberedSocket } });
export const view = app.with({ send: text });
export const signedIn = async function* ({ token }: { readonly token: string | undefined }) {
  if (token === undefined) return new Response("no", { status: 401 });
  yield { user: { name: token }, ...identity({ principal: token, expiresAt: 5 }) };
};
export const members = view.group(signedIn);
export const admins = members.group(({ user, principal, expiresAt }) => ({ admin: [user, principal, expiresAt] }));
export const echo = listen((line: string) => line);
export const counter = listenEach(() => ({ message: (n: number) => n, close: () => {} }));
export const onPage = (context: Context<"/page/:id">) => ({ context, id: context.params.id });
members.ws("/echo", { receive: text, query: z.object({ since: z.string() }) }, echo);
export const room = app.room("all");
export const { members: sockets, subscribe } = room;
export const chat = contract("/chat/:room", {
  client: { post: z.object({ text: z.string() }) },
  server: { posted: z.object({ text: z.string() }) },
});
export const service = members.implement(chat, { rooms: { perPeer: 2 } }, (peer, context) => ({
  post: (input, call) => void [peer, context, input, call],
}));
export const lobby = service.room("lobby");
export const peers = lobby.members;
export const gauges = app.gauges();
export const limits = app.limits;
export const codec = json(z.object({ n: z.number() }));
export const start = () => serve(app, { port: 0 });
export const net = testNetwork(app, { overrides: [[signedIn, () => ({ user: { name: "ada" }, ...identity({ principal: "ada" }) })]] });
export const connected = net.connect("/echo");
export const store = () => redisStore({ url: "redis://localhost", prefix: "chat" });
export const scaled = () => createApp({ store: store() });
export const inPostgres = () => createApp({ store: postgresStore({ url: "postgres://localhost/app" }) });
export const routes = describeApp(app);
export const asyncApi = asyncapi(app, {
  title: "Library",
  version: "1.0.0",
  security: { bearer: { scheme: { type: "http", scheme: "bearer" }, hooks: [signedIn] } },
  convert: (schema, io) => z.toJSONSchema(schema as z.ZodType, { io, target: "draft-7" }),
});
app.http("/docs", docsPage(app, { title: "Library" }));
export const toAda = service.to("ada");
`;

describe.each(compilers)("TypeScript %s", (compiler) => {
  test.each(Object.keys(resolutions) as Resolution[])(
    "emits the declarations of a user's library under %s",
    verySlow,
    async (resolution) => {
      expect(await compile(compiler, resolution, ["library.ts"], { declaration: true })).toBe("");
    },
  );

  test.each(Object.keys(resolutions) as Resolution[])(
    "compiles the README's program and checks our declarations under %s",
    verySlow,
    async (resolution) => {
      expect(await compile(compiler, resolution)).toBe("");
    },
  );
});

test(
  "the README's client, connected to the README's server, prints the README's output",
  verySlow,
  async () => {
    expect(await compile(compilers[0], "nodenext")).toBe("");
    const built = outFolder(compilers[0], "nodenext");
    const expected = readmeFiles.get("output")?.trimEnd() ?? "";
    const server = startProgram(join(built, "src/server.js"));
    await Promise.race([untilListening(port), failure(server)]);
    const client = startProgram(join(built, "client.js"));
    expect(await outputOf(client, expected)).toBe(expected);
  },
);

/** The README's code blocks that have a title, by that title. */
function readReadmeFiles(): Map<string, string> {
  const path = join(root, "README.md");
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const pattern = /^```\w+ title="([^"]+)"\n([\s\S]*?)^```$/gm;
  return new Map([...text.matchAll(pattern)].map((match) => [match[1] ?? "", match[2] ?? ""]));
}

/** The same files with a free port, since the README's port may be in use. */
function withPort(files: Map<string, string>, freePort: number): Map<string, string> {
  const readmePort = /\blocalhost:(\d+)/.exec(files.get("client.ts") ?? "")?.[1];
  if (!readmePort) return files;
  return new Map(
    [...files].map(([name, text]) => [
      name,
      text.replaceAll(new RegExp(`\\b${readmePort}\\b`, "g"), `${freePort}`),
    ]),
  );
}

async function packPackages(): Promise<void> {
  const names = packages.flatMap((name) => ["--workspace", `packages/${name}`]);
  await run("npm", ["pack", "--silent", "--pack-destination", folder, ...names], { cwd: root });
}

async function installPackages(): Promise<void> {
  const tarballs = Object.fromEntries(
    readdirSync(folder)
      .filter((file) => file.endsWith(".tgz"))
      .map((file) => [file.replace(/^symbolon-(\w+)-.*$/, "@symbolon/$1"), `file:${file}`]),
  );
  const rootManifest: { devDependencies: Record<string, string> } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  const manifest = {
    private: true,
    type: "module",
    dependencies: { ...tarballs, zod: rootManifest.devDependencies["zod"] },
    devDependencies: {
      "@types/node": rootManifest.devDependencies["@types/node"],
      ...Object.fromEntries(compilers.map((version) => [alias(version), `npm:typescript@${version}`])),
    },
  };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--silent"], { cwd: folder });
}

function alias(compiler: string): string {
  return `typescript-${compiler.replaceAll(".", "-")}`;
}

function outFolder(compiler: string, resolution: Resolution): string {
  return join(folder, "out", compiler, resolution);
}

/** Compiles files, by default those of the README, and checks our declarations. Resolves with the errors of the compiler. */
async function compile(
  compiler: string,
  resolution: Resolution,
  files: readonly string[] = readmePrograms(),
  options: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const outDir = outFolder(compiler, resolution);
  await mkdir(outDir, { recursive: true });
  const config = join(folder, `tsconfig.${compiler}.${resolution}.${basename(files[0] ?? "")}.json`);
  const compilerOptions = {
    ...resolutions[resolution],
    target: "es2022",
    strict: true,
    types: ["node"],
    skipLibCheck: false,
    rewriteRelativeImportExtensions: true,
    rootDir: folder,
    outDir,
    ...options,
  };
  await writeFile(config, JSON.stringify({ compilerOptions, files }));
  const tsc = join(folder, "node_modules", alias(compiler), "bin/tsc");
  const failed = (error: { stdout?: string; message: string }) => error.stdout || error.message;
  return run(process.execPath, [tsc, "-p", config], { cwd: folder }).then(({ stdout }) => stdout, failed);
}

function readmePrograms(): string[] {
  return [...readmeFiles.keys()].filter((name) => name.endsWith(".ts"));
}

function startProgram(program: string): ChildProcess {
  const child = spawn(process.execPath, [program], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  children.add(child);
  return child;
}

function failure(child: ChildProcess): Promise<never> {
  return new Promise((_, reject) => {
    child.once("exit", (status) => reject(new Error(`the server ended with ${status}`)));
  });
}

/** The output of a program until it ends, or until it has printed the expected text and keeps running. */
function outputOf(child: ChildProcess, expected: string): Promise<string> {
  let text = "";
  return new Promise((resolve) => {
    child.stdout?.setEncoding("utf8").on("data", (part: string) => {
      text += part;
      if (text.trimEnd() === expected) resolve(expected);
    });
    child.once("close", () => resolve(text.trimEnd()));
  });
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** Resolves when a server accepts connections on the port. */
async function untilListening(port: number): Promise<void> {
  const accepts = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, "localhost", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
  while (!(await accepts())) await new Promise((resolve) => setTimeout(resolve, 20));
}
