/** Has the compiler check the programs of this folder, and say what that took. */
import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** What the check of a program took. */
export interface Cost {
  /** How often a generic type was filled in: what grows first when types become clever. */
  readonly instantiations: number;
  readonly types: number;
  /** In KB; a little different in every run. */
  readonly memory: number;
}

/** The files of each program. The first is a part of the others: what is left is ours. */
const programs = {
  "the schemas alone": ["zod.ts"],
  "the contract": ["zod.ts", "contract.ts"],
  "the server's half": ["zod.ts", "server.ts"],
  "the client's half": ["zod.ts", "client.ts"],
};

type ProgramName = keyof typeof programs;

/** What each program costs. */
export type Costs = Readonly<Record<ProgramName, Cost>>;

/** The programs, in order; each is known by what it is. */
export const programNames = Object.keys(programs) as ProgramName[];

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const folder = join(root, "node_modules/.cache/type-cost"); // where imports find zod

/** What each program costs whoever installed us: our sources are checked as the declarations they publish. */
export async function measure(): Promise<Costs> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const entries = ["protocol", "server", "client"].map((name) => join(root, `packages/${name}/src/index.ts`));
  await compile("declarations", entries, {
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: join(root, "packages"),
    outDir: folder,
    // Found in node_modules, a file would be somebody else's, and have no declarations made.
    paths: { "@symbolon/*": [join(root, "packages/*/src/index.ts")] },
  });
  const costs: [ProgramName, Cost][] = [];
  for (const name of programNames) {
    const files = programs[name].map((file) => join(import.meta.dirname, file));
    const told = await compile("program", files, {
      noEmit: true,
      skipLibCheck: true,
      customConditions: [],
      rewriteRelativeImportExtensions: false,
      allowImportingTsExtensions: true,
      rootDir: root,
      paths: { "@symbolon/*": [join(folder, "*/src/index.d.ts")] },
    });
    costs.push([name, costIn(told)]);
  }
  return Object.fromEntries(costs) as Costs; // one for each name
}

/** Reads the compiler's diagnostics. */
function costIn(told: string): Cost {
  const figure = (what: string): number => {
    const [, digits] = new RegExp(`^${what}: +(\\d+)K?$`, "m").exec(told) ?? [];
    if (digits === undefined) throw new Error(`the compiler does not tell "${what}":\n${told}`);
    return Number(digits);
  };
  return { instantiations: figure("Instantiations"), types: figure("Types"), memory: figure("Memory used") };
}

/** Runs the compiler; answers what it prints. Rejects with its complaints. */
async function compile(
  name: string,
  files: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<string> {
  const compilerOptions = {
    types: ["node"],
    composite: false,
    declarationMap: false,
    sourceMap: false,
    tsBuildInfoFile: null,
    ...options,
  };
  const config = join(folder, `${name}.json`);
  const own = { extends: join(root, "tsconfig.json"), compilerOptions, references: [], files };
  await writeFile(config, JSON.stringify(own));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  // One thread: several would each fill in the types they share, and count them again.
  const args = [tsc, "-p", config, "--singleThreaded", "--extendedDiagnostics"];
  const failed = (error: { stdout?: string; message: string }): never => {
    throw new Error(`what is to be measured does not compile:\n${error.stdout || error.message}`);
  };
  return run(process.execPath, args, { cwd: folder }).then(({ stdout }) => stdout, failed);
}
