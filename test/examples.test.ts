/** Runs every example, and holds it to what it says it prints. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const folder = fileURLToPath(new URL("../examples", import.meta.url));
const examples = readdirSync(folder).filter((file) => file.endsWith(".ts"));

test("there are examples", () => {
  expect(examples).toContain("echo.ts");
});

test.each(examples)("%s prints what it says", async (file) => {
  const promised = /\/\* prints\n([\s\S]*?)\*\//.exec(readFileSync(join(folder, file), "utf8"))?.[1];
  const node = ["--conditions", "symbolon-source", "--import", "tsx", file];
  const { stdout } = await run(process.execPath, node, { cwd: folder });
  expect(stdout).toBe(promised);
});
