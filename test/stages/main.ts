/** The commands `npm test` and, with `--all`, `npm run test:all`. */
import { spawnSync } from "node:child_process";
import { runStages, type Stage, summarize } from "./run-stages.ts";

/** The first stages of both. */
const firstStages: readonly Stage[] = [
  { name: "format, types, lint, unused code, packages", command: "npm run check" },
  {
    name: "unit and integration tests, with Redis and PostgreSQL",
    command:
      "npx tsx packages/redis/test/redis-server/install.ts && npx tsx packages/postgres/test/postgres-server/install.ts && npx vitest run",
  },
  { name: "sizes", command: "npm run size" },
  { name: "clients of other libraries", command: "npm run interop" },
];

/** The stages that `npm test` runs besides: a part of what the long ones do. */
const shortStages: readonly Stage[] = [
  { name: "a short simulation", command: "npm run sim -- --seeds 100" },
  { name: "the chat in Chromium", command: "npm run e2e:chat" },
];

/** The stages that `npm run test:all` runs besides. */
const longStages: readonly Stage[] = [
  { name: "the long simulation", command: "npm run sim" },
  { name: "mutants", command: "npm run sim:mutants" },
  { name: "fuzzing finds what an audit found", command: "npm run fuzz -- --mutants" },
  { name: "chaos", command: "npm run chaos" },
  { name: "chaos with a server that is killed", command: "npm run chaos -- --kill" },
  { name: "chaos on three nodes", command: "npm run chaos -- --nodes 3" },
  { name: "clients after an outage", command: "npm run chaos:outage" },
  { name: "nginx and Caddy in front of a server", command: "npm run interop:proxies" },
  {
    name: "the first hour: npm create symbolon, from a registry on this machine",
    command: "npm run first-hour",
  },
  { name: "every browser test, in Chromium and Firefox", command: "npm run e2e" },
];

const runsAll = process.argv.includes("--all");
const stages = [...firstStages, ...(runsAll ? longStages : shortStages)];
const results = runStages(stages, (command) => {
  console.log(`\n=== ${command}`);
  return spawnSync(command, { shell: true, stdio: "inherit" }).status === 0;
});
console.log(`\n${summarize(results, runsAll ? [] : longStages).join("\n")}`);
if (results.some(({ passed }) => !passed)) process.exitCode = 1;
