/** Runs third-party clients, and our client in several runtimes, against a symbolon server, and prints a line for each. */
import { spawn, spawnSync } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { installDebian } from "../e2e/apt.ts";
import { startCuttingProxy } from "./cutting-proxy.ts";
import { startServer } from "./start.ts";

/** A program that prints its name and version, then a line "ok …" for each check. It exits at the first failed check. */
type Program = {
  readonly name: string;
  readonly command: (url: string) => readonly [string, ...string[]];
  /** How to make the program run on this machine. */
  readonly remedy: string;
  /** The checks that must pass. */
  readonly checks: readonly string[];
  /** The Python module that the program imports, and its Debian package. */
  readonly python?: { readonly module: string; readonly debian: string };
  /** After how many bytes its first connection is cut, its second, and so on. @default no connection is cut */
  readonly cuts?: readonly number[];
};

/** The result of a program. */
type Outcome = "passed" | "failed" | "could not run";

/** The checks of every third-party client; some have more. */
const rawChecks = ["text", "JSON", "binary", "subprotocol", "close", "leave", "refusal", "contract"];
/** The checks of a session whose connections are cut. */
const sessionChecks = ["sent", "posted", "request", "stream", "room", "resume", "close"];
/** The first cut is among the first messages, one in the HTTP handshake, one before `welcome`, the others anywhere. */
const manyCuts = [2_500, 150, 9_000, 700, 4_001, 15_000, 1_400, 6_502, 20_000, 3_003];
/** Fewer cuts, as our client doubles its wait after each. */
const fewCuts = [2_500, 700, 9_000, 15_000];
/** The checks of our client in every runtime. */
const suiteChecks = [
  "event",
  "request",
  "stream",
  "cancel",
  "upload",
  "request of the server",
  "reset",
  "close",
  "raw",
];
/** How long a program may take, in ms. The first run may have to download the program. */
const programTimeout = 180_000;
const folder = fileURLToPath(new URL(".", import.meta.url));
const python = process.env["PYTHON"] || "/usr/bin/python3";

const programs: readonly Program[] = [
  pythonProgram("python3-websocket", "websocket", "websocket-client.py"),
  pythonProgram("python3-websockets", "websockets", "python-websockets.py"),
  {
    ...pythonProgram("python3-websockets", "websockets", "python-session.py"),
    checks: [...sessionChecks, "error"],
    cuts: manyCuts,
  },
  npxProgram("Node 24", "node@24", "node node24.mjs", rawChecks),
  npxProgram("wscat", "wscat@6.1.0", "bash wscat.sh", rawChecks),
  ...ourPrograms((file) => ({
    name: `our ${file} on this Node`,
    command: (url) => [process.execPath, `client/${file}.mjs`, url],
    checks: suiteChecks,
    remedy: "build it: npx tsc -b packages/client",
  })),
  ...ourPrograms((file) =>
    npxProgram(`our ${file} on Node 22`, "node@22", `node client/${file}.mjs`, suiteChecks),
  ),
  ...ourPrograms((file) =>
    npxProgram(`our ${file} on Node 24`, "node@24", `node client/${file}.mjs`, suiteChecks),
  ),
  ...ourPrograms((file) =>
    npxProgram(`our ${file} on Bun`, "bun@1.4.5", `bun client/${file}.mjs`, suiteChecks),
  ),
  ...ourPrograms((file) =>
    npxProgram(`our ${file} on Deno`, "deno@2.9.6", `deno run -A --no-lock client/${file}.mjs`, suiteChecks),
  ),
];

/** Our client in one runtime: the suite, and a session whose connections are cut. */
function ourPrograms(run: (file: "suite" | "session") => Program): readonly Program[] {
  return [run("suite"), { ...run("session"), checks: sessionChecks, cuts: fewCuts }];
}

function pythonProgram(debian: string, module: string, file: string): Program {
  return {
    name: debian,
    command: (url) => [python, "-B", file, url],
    checks: rawChecks,
    remedy: `install ${debian} (Debian), or name a Python that can import ${module} in PYTHON`,
    python: { module, debian },
  };
}

function npxProgram(name: string, npm: string, command: string, checks: readonly string[]): Program {
  return {
    name,
    command: (url) => ["npx", "-y", "-p", npm, "-c", `${command} ${url}`],
    checks,
    remedy: `let npx install ${npm} from the npm registry`,
  };
}

function lacksModule({ python: needed }: Program): boolean {
  return needed !== undefined && spawnSync(python, ["-c", `import ${needed.module}`]).status !== 0;
}

async function run(program: Program, url: string): Promise<Outcome> {
  const [command, ...args] = program.command(url);
  // The input of the program stays open: wscat exits at the end of its input.
  const child = spawn(command, args, { cwd: folder, stdio: "pipe", detached: true });
  // Kills the process group: npx alone would leave its program running.
  const limit = setTimeout(() => child.pid && process.kill(-child.pid, "SIGKILL"), programTimeout);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code === 0 ? "" : `ended with ${signal ?? code}`));
  });
  const [output, errorOutput, end] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  clearTimeout(limit);
  const [title = "", ...lines] = output.trim().split("\n");
  if (title === "") {
    console.error(`${program.name}: could not run: ${program.remedy}\n${errorOutput}${end}`);
    return "could not run";
  }
  const passed = lines.flatMap((line) => /^ok (.*)$/.exec(line)?.[1] ?? []);
  const missing = program.checks.filter((check) => !passed.includes(check));
  if (end === "" && missing.length === 0) {
    console.log(`${title}: ${passed.length} checks passed`);
    return "passed";
  }
  console.error(`${title}: failed, without ${missing.join(", ") || "a clean end"}\n${errorOutput}${end}`);
  return "failed";
}

/** Runs a program, through a cutting proxy if it has cuts. The program fails if its connections were not cut that often. */
async function runThroughProxy(program: Program, url: string): Promise<Outcome> {
  if (program.cuts === undefined) return run(program, url);
  const address = new URL(url);
  const proxy = await startCuttingProxy(Number(address.port), program.cuts);
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
  // One after another: the server remembers the close code of its last client.
  for (const program of programs)
    outcomes.push(await runThroughProxy(program, server.url.replace("http", "ws")));
  server.stop();
  const count = (outcome: Outcome) => outcomes.filter((one) => one === outcome).length;
  console.log(
    `interop: passed ${count("passed")}, failed ${count("failed")}, could not run ${count("could not run")}`,
  );
  if (count("passed") < programs.length) process.exitCode = 1;
}

await main();
