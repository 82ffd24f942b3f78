/** Lets clients that are not ours talk to a symbolon server, and says in one line for each how that went. */
import { spawn, spawnSync } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { installDebian } from "../e2e/apt.ts";
import { cutting } from "./cutting-proxy.ts";
import { startServer } from "./start.ts";

/** A program that prints what it is, then a line "ok …" for each check, and fails at the first that does not hold. */
type Program = {
  readonly name: string;
  readonly command: (url: string) => readonly [string, ...string[]];
  /** What to do where it could not run. */
  readonly remedy: string;
  /** What it must show. */
  readonly shows: readonly string[];
  /** The Python module it imports, and its Debian package. */
  readonly python?: { readonly module: string; readonly debian: string };
  /** After how many bytes its first connection is cut, its second, and so on. Default: none is. */
  readonly cuts?: readonly number[];
};

/** What happened to a program. */
type Outcome = "passed" | "failed" | "could not run";

/** What every client that is not ours shows; some show more. */
const checks = ["text", "JSON", "binary", "subprotocol", "close", "leave", "refusal", "contract"];
/** What a session shows whose connections are cut. */
const session = ["sent", "told", "request", "stream", "room", "resume", "close"];
/** The first is cut among what it says, one in a handshake of HTTP, one before `welcome`, the others anywhere. */
const manyCuts = [2_500, 150, 9_000, 700, 4_001, 15_000, 1_400, 6_502, 20_000, 3_003];
/** Our own client waits twice as long each time. */
const fewCuts = [2_500, 700, 9_000, 15_000];
/** What our own client shows in every runtime. */
const own = [
  "event",
  "request",
  "stream",
  "cancel",
  "upload",
  "asked by the server",
  "reset",
  "close",
  "raw",
];
/** How long a program may take, in ms; the first run of some downloads them. */
const patience = 180_000;
const folder = fileURLToPath(new URL(".", import.meta.url));
const python = process.env["PYTHON"] || "/usr/bin/python3";

const programs: readonly Program[] = [
  pythonProgram("python3-websocket", "websocket", "websocket-client.py"),
  pythonProgram("python3-websockets", "websockets", "python-websockets.py"),
  {
    ...pythonProgram("python3-websockets", "websockets", "python-session.py"),
    shows: [...session, "refusal"],
    cuts: manyCuts,
  },
  npxProgram("Node 24", "node@24", "node node24.mjs", checks),
  npxProgram("wscat", "wscat@6.1.0", "bash wscat.sh", checks),
  ...ours((file) => ({
    name: `our ${file} on this Node`,
    command: (url) => [process.execPath, `client/${file}.mjs`, url],
    shows: own,
    remedy: "build it: npx tsc -b packages/client",
  })),
  ...ours((file) => npxProgram(`our ${file} on Node 22`, "node@22", `node client/${file}.mjs`, own)),
  ...ours((file) => npxProgram(`our ${file} on Node 24`, "node@24", `node client/${file}.mjs`, own)),
  ...ours((file) => npxProgram(`our ${file} on Bun`, "bun@1.4.5", `bun client/${file}.mjs`, own)),
  ...ours((file) =>
    npxProgram(`our ${file} on Deno`, "deno@2.9.6", `deno run -A --no-lock client/${file}.mjs`, own),
  ),
];

/** Our client in a runtime: all that it can do, and a session whose connections are cut. */
function ours(run: (file: "suite" | "session") => Program): readonly Program[] {
  return [run("suite"), { ...run("session"), shows: session, cuts: fewCuts }];
}

function pythonProgram(debian: string, module: string, file: string): Program {
  return {
    name: debian,
    command: (url) => [python, "-B", file, url],
    shows: checks,
    remedy: `install ${debian} (Debian), or name a Python that can import ${module} in PYTHON`,
    python: { module, debian },
  };
}

function npxProgram(name: string, npm: string, command: string, shows: readonly string[]): Program {
  return {
    name,
    command: (url) => ["npx", "-y", "-p", npm, "-c", `${command} ${url}`],
    shows,
    remedy: `let npx install ${npm} from the npm registry`,
  };
}

function lacksModule({ python: needed }: Program): boolean {
  return needed !== undefined && spawnSync(python, ["-c", `import ${needed.module}`]).status !== 0;
}

async function run(program: Program, url: string): Promise<Outcome> {
  const [command, ...args] = program.command(url);
  // Its input stays open and silent: wscat takes the end of input for its own.
  const child = spawn(command, args, { cwd: folder, stdio: "pipe", detached: true });
  // The whole group: npx alone would leave its program behind.
  const limit = setTimeout(() => child.pid && process.kill(-child.pid, "SIGKILL"), patience);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code === 0 ? "" : `ended with ${signal ?? code}`));
  });
  const [output, complaints, end] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  clearTimeout(limit);
  const [title = "", ...lines] = output.trim().split("\n");
  if (title === "") {
    console.error(`${program.name}: could not run: ${program.remedy}\n${complaints}${end}`);
    return "could not run";
  }
  const passed = lines.flatMap((line) => /^ok (.*)$/.exec(line)?.[1] ?? []);
  const missing = program.shows.filter((check) => !passed.includes(check));
  if (end === "" && missing.length === 0) {
    console.log(`${title}: ${passed.length} checks passed`);
    return "passed";
  }
  console.error(`${title}: failed, without ${missing.join(", ") || "a clean end"}\n${complaints}${end}`);
  return "failed";
}

/** Runs it over a network as bad as it asks for; one that was never cut has shown nothing. */
async function runOver(program: Program, url: string): Promise<Outcome> {
  if (program.cuts === undefined) return run(program, url);
  const address = new URL(url);
  const proxy = await cutting(Number(address.port), program.cuts);
  address.port = String(proxy.port);
  const outcome = await run(program, address.origin);
  proxy.stop();
  if (outcome !== "passed" || proxy.cuts() === program.cuts.length) return outcome;
  console.error(`${program.name}: its connections were cut ${proxy.cuts()} times of ${program.cuts.length}`);
  return "failed";
}

async function main(): Promise<void> {
  if (!process.env["PYTHON"])
    installDebian(programs.filter(lacksModule).flatMap((program) => program.python?.debian ?? []));
  const server = await startServer();
  const outcomes: Outcome[] = [];
  // One after another: the server remembers how its last client left.
  for (const program of programs) outcomes.push(await runOver(program, server.url.replace("http", "ws")));
  server.stop();
  const count = (outcome: Outcome) => outcomes.filter((one) => one === outcome).length;
  console.log(
    `interop: passed ${count("passed")}, failed ${count("failed")}, could not run ${count("could not run")}`,
  );
  if (count("passed") < programs.length) process.exitCode = 1;
}

await main();
