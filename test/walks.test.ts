import { test } from "vitest";
import { scenarios } from "./walks/scenarios.ts";
import { writeFileSync } from "node:fs";
import type { Call } from "./walks/trace.ts";

test.each(Object.keys(scenarios))("%s", async (name) => {
  const calls = await scenarios[name]!();
  const depth = (c: Call): number => (c.caller ? 1 + depth(c.caller) : 0);
  writeFileSync(`/tmp/walk-${name.replaceAll(" ", "-")}.txt`, calls.map((c) => `${"  ".repeat(depth(c))}${c.file}: ${c.names.join(" < ")}`).join("\n"));
});
