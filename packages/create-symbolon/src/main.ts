#!/usr/bin/env node
/** The command `npm create symbolon`. */
import { relative, resolve } from "node:path";
import { createProject } from "./create.ts";

const usage = "usage: npm create symbolon [folder]";
const names = process.argv.slice(2);
const unexpected = names.find((name, index) => name.startsWith("-") || index > 0);

if (names.includes("--help")) {
  console.log(`${usage}\n\nWrites a small chat to a new folder: a contract, a server, a page and a test.`);
} else if (unexpected !== undefined) {
  fail(`unexpected argument ${unexpected}; ${usage}`);
} else {
  const folder = resolve(names[0] ?? "symbolon-app");
  try {
    createProject(folder);
    console.log(nextSteps(relative(process.cwd(), folder)));
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

function fail(reason: string): void {
  console.error(reason);
  process.exitCode = 1;
}

/** What the user runs next. */
function nextSteps(folder: string): string {
  const enter = folder === "" ? [] : [`cd ${/^[\w./-]+$/.test(folder) ? folder : JSON.stringify(folder)}`];
  const steps = [...enter, "npm install", "npm run dev"];
  return `Wrote a chat to ${folder || "this folder"}. Now run\n\n${steps.map((step) => `  ${step}`).join("\n")}\n`;
}
