import { availableParallelism } from "node:os";
import { defaultClientConditions, defaultServerConditions } from "vite";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { findPostgres } from "./packages/postgres/test/postgres-server/find.ts";
import { findRedisServer } from "./packages/redis/test/redis-server/find.ts";
import { react18 } from "./test/react-18/alias.ts";
import { SecurityReporter } from "./test/security/reporter.ts";
import { SeedsReporter } from "./test/seeds/reporter.ts";
import { testTimeout } from "./test/time-limits.ts";
import { traceCalls } from "./test/walks/trace-plugin.ts";

const walks = "test/walks.test.ts";
const house = project("house", ["test/*.test.ts", "examples/*.test.ts", "demo/nodes/*.test.ts"]);
const withReact18 = project("react 18", [
  "packages/client/test/react/{react,use-client-event,use-stream}.test.ts",
]);

export default defineConfig({
  test: {
    retry: 0,
    maxWorkers: Math.max(2, availableParallelism() - 1), // vitest's default on two cores is one
    reporters: ["default", new SeedsReporter(), new SecurityReporter()],
    projects: [
      project("unit", [
        "packages/{protocol,server,client,docs,create-symbolon}/test/**/*.test.ts",
        "packages/docs/page/**/*.test.ts",
        "packages/redis/test/calls/*.test.ts",
      ]),
      project("redis", findRedisServer() === undefined ? [] : ["packages/redis/test/*.test.ts"]),
      project("postgres", findPostgres() === undefined ? [] : ["packages/postgres/test/*.test.ts"]),
      {
        ...withReact18,
        resolve: { ...withReact18.resolve, alias: react18 },
        test: { ...withReact18.test, env: { REACT: "18" } },
      },
      { ...house, test: { ...house.test, exclude: [walks] } },
      { ...project("walks", [walks]), plugins: [traceCalls()] },
      project("sim", ["sim/test/*.test.ts"]),
      project("fuzz", ["fuzz/test/*.test.ts"]),
      project("seeds", ["test/seeds/*.test.ts"]),
      project("security", ["test/security/*.test.ts"]),
    ],
  },
});

/** A project whose tests import the sources of the packages. */
function project(name: string, include: string[]): TestProjectInlineConfiguration {
  return {
    resolve: { conditions: ["symbolon-source", ...defaultClientConditions] },
    ssr: { resolve: { conditions: ["symbolon-source", ...defaultServerConditions] } },
    test: {
      name,
      include,
      allowOnly: false,
      includeTaskLocation: true,
      testTimeout,
      hookTimeout: testTimeout,
    },
  };
}
