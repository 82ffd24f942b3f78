/** Checks that each wait of a test names its limit: vitest's own second is too short on a machine whose cores are all busy. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "vite";
import { expect, test } from "vitest";
import { childrenOf, type Node } from "./walks/functions.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "--", "*.ts", "*.tsx"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && !file.startsWith("e2e/")); // e2e/playwright.config.ts sets the limit of its own

/** The functions of vitest that wait, with a limit of a second. */
const waits: readonly string[] = ["vi.waitFor", "vi.waitUntil", "expect.poll"];

/** The places where a wait has no second argument with a `timeout`. */
function waitsWithoutLimit(source: string, file: string): string[] {
  if (!waits.some((name) => source.includes(name))) return [];
  const found: number[] = [];
  const visit = (node: Node): void => {
    if (node.type === "CallExpression") {
      const [callee, [, options]] = [node["callee"] as Node, node["arguments"] as Node[]];
      const textOf = ({ start, end }: Node): string => source.slice(start, end);
      const isLimited = options !== undefined && /\bwaitOptions\b|\btimeout\b/.test(textOf(options));
      if (waits.includes(textOf(callee)) && !isLimited) found.push(node.start);
    }
    for (const child of childrenOf(node)) visit(child);
  };
  visit(parseSync(file, source).program as unknown as Node);
  return found.map((start) => `${file}:${source.slice(0, start).split("\n").length}`);
}

test("each wait of a test names its limit", () => {
  const found = files.flatMap((file) => waitsWithoutLimit(readFileSync(join(root, file), "utf8"), file));
  expect(files.length).toBeGreaterThan(500);
  expect(found).toEqual([]);
});

test("the search for waits finds those without a limit alone", () => {
  const source = [
    "await vi.waitFor(() => a());",
    "await vi.waitUntil(() => a(), { interval: 20 });",
    "await expect.poll(a).toBe(1);",
    "await vi.waitFor(() => a(), waitOptions);",
    "await vi.waitUntil(() => a(), { timeout: 20_000, interval: 20 });",
    "await vi.waitFor(() => {\n  a();\n}, waitOptions);",
  ].join("\n");
  expect(waitsWithoutLimit(source, "x.ts")).toEqual(["x.ts:1", "x.ts:2", "x.ts:3"]);
});
