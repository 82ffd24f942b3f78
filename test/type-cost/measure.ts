/** Runs the compiler on the programs of this folder, and reads its diagnostics. */
import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** The cost of type-checking a program. */
export interface Cost {
  /** The number of generic types that the compiler instantiated. It grows first when types become complicated. */
  readonly instantiations: number;
  /** The number of types that the compiler created. */
  readonly types: number;
  /** In KB; it differs a little between runs. */
  readonly memory: number;
}

/** The files of each program. The others include the first; the difference is the cost of our types. */
const programs = {
  "the schemas alone": ["zod.ts"],
  "the contract": ["zod.ts", "contract.ts"],
  "the server": ["zod.ts", "server.ts"],
  "the client": ["zod.ts", "client.ts"],
};

type ProgramName = keyof typeof programs;

/** The cost of each program. */
export type Costs = Readonly<Record<ProgramName, Cost>>;

/** The names of the programs, in the order of the page. */
export const programNames = Object.keys(programs) as ProgramName[];

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const folder = join(root, "node_modules/.cache/type-cost"); // a folder from which imports find zod

/** Measures the cost of each program for a user: against the declarations that our packages publish. */
export async function measure(): Promise<Costs> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const entries = ["protocol", "server", "client"].map((name) => join(root, `packages/${name}/src/index.ts`));
  await compile("declarations", entries, {
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: join(root, "packages"),
    outDir: folder,
    // The compiler makes no declarations of files that it finds in node_modules.
    paths: {
      "@symbolon/protocol/internal": [join(root, "packages/protocol/src/internal.ts")],
      "@symbolon/*": [join(root, "packages/*/src/index.ts")],
    },
  });
  const costs: [ProgramName, Cost][] = [];
  for (const name of programNames) {
    const files = programs[name].map((file) => join(import.meta.dirname, file));
    const diagnostics = await compile("program", files, {
      noEmit: true,
      skipLibCheck: true,
      customConditions: [],
      rewriteRelativeImportExtensions: false,
      allowImportingTsExtensions: true,
      rootDir: root,
      paths: {
        "@symbolon/protocol/internal": [join(folder, "protocol/src/internal.d.ts")],
        "@symbolon/*": [join(folder, "*/src/index.d.ts")],
      },
    });
    costs.push([name, costIn(diagnostics)]);
  }
  return Object.fromEntries(costs) as Costs; // it has an entry for each name
}

/** Reads the compiler's diagnostics. */
function costIn(diagnostics: string): Cost {
  const figure = (name: string): number => {
    const [, digits] = new RegExp(`^${name}: +(\\d+)K?$`, "m").exec(diagnostics) ?? [];
    if (digits === undefined) throw new Error(`the compiler did not print "${name}":\n${diagnostics}`);
    return Number(digits);
  };
  return { instantiations: figure("Instantiations"), types: figure("Types"), memory: figure("Memory used") };
}

/** Runs the compiler; resolves with its output. Rejects with its errors. */
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
  const content = { extends: join(root, "tsconfig.json"), compilerOptions, references: [], files };
  await writeFile(config, JSON.stringify(content));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  // With several threads, each would instantiate the shared types again.
  const args = [tsc, "-p", config, "--singleThreaded", "--extendedDiagnostics"];
  const failed = (error: { stdout?: string; message: string }): never => {
    throw new Error(`the program does not compile:\n${error.stdout || error.message}`);
  };
  return run(process.execPath, args, { cwd: folder }).then(({ stdout }) => stdout, failed);
}
