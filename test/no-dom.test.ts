/** Compiles the declarations that our packages publish for a server, in a program without the types of a browser. */
import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { slow } from "./time-limits.ts";

const root = join(import.meta.dirname, "..");
const folder = join(root, "node_modules/.cache/no-dom"); // a folder from which imports find our packages
const entries = [
  "@symbolon/protocol",
  "@symbolon/protocol/internal",
  "@symbolon/protocol/msgpack",
  "@symbolon/server",
  "@symbolon/server/current",
  "@symbolon/server/file",
  "@symbolon/server/monitor",
  "@symbolon/server/node",
  "@symbolon/server/publisher",
  "@symbolon/server/store",
  "@symbolon/server/testing",
  "@symbolon/server/tickets",
];

/** Runs the compiler. Rejects with its errors. */
async function compile(...args: readonly string[]): Promise<string> {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, ...args], { cwd: root }).catch(
    (error: { readonly stdout?: string }) => ({ stdout: String(error.stdout) }),
  );
  return stdout;
}

// reports.md, fault 9
test("a server compiles with the types of Node alone", slow, async () => {
  await mkdir(folder, { recursive: true });
  onTestFinished(() => rm(folder, { recursive: true }));
  const compilerOptions = {
    target: "es2022",
    module: "nodenext",
    types: ["node"],
    lib: ["es2023"],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["server.ts"] }));
  const imports = entries.map((entry, index) => `export * as entry${index} from ${JSON.stringify(entry)};`);
  await writeFile(join(folder, "server.ts"), imports.join("\n"));
  expect(await compile("-b", "packages/server")).toBe("");
  const errors = await compile("-p", folder);
  expect(errors.split("\n").filter((line) => /^packages|server\.ts/.test(line))).toEqual([]);
});
