/** Runs each example, and compares its output with the comment at its end. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { slow } from "./time-limits.ts";

const run = promisify(execFile);
const folder = fileURLToPath(new URL("../examples", import.meta.url));
const examples = readdirSync(folder).filter((file) => /^[a-z-]+\.ts$/.test(file) && file !== "run.ts");

test("the folder has examples", () => {
  expect(examples).toContain("echo.ts");
});

test.each(examples)("%s prints the lines at its end", slow, async (file) => {
  const expected = /\/\* prints\n([\s\S]*?)\*\//.exec(readFileSync(join(folder, file), "utf8"))?.[1];
  const { stdout } = await runExample(file.slice(0, -".ts".length));
  expect(stdout).toBe(expected);
});

test("README.md lists each example once", () => {
  const rows = readFileSync(join(folder, "README.md"), "utf8").matchAll(
    /^\|[^|]*\| \[([a-z-]+)\]\(\1\.ts\)/gm,
  );
  expect(Array.from(rows, ([, name]) => `${name}.ts`).sort()).toEqual(examples.sort());
});

test("an unknown name prints the names of the examples", slow, async () => {
  const failure: unknown = await runExample("no-such-example").catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 1, stderr: expect.stringContaining("echo") });
});

function runExample(name: string): Promise<{ stdout: string; stderr: string }> {
  const node = ["--conditions", "symbolon-source", "--import", "tsx", "run.ts", name];
  return run(process.execPath, node, { cwd: folder });
}
