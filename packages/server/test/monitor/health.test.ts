import { expect, test } from "vitest";
import { createApp } from "../../src/index.ts";
import { health } from "../../src/monitor/index.ts";
import { testNetwork } from "../../src/testing/index.ts";

async function check(app: ReturnType<typeof createApp>) {
  const response = await testNetwork(app).fetch("/healthz");
  return [response.status, await response.json(), response.headers.get("cache-control")];
}

test("a server that takes clients is healthy", async () => {
  const app = createApp();
  app.http("/healthz", health(app));
  expect(await check(app)).toEqual([200, { status: "ok" }, "no-store"]);
});

test.each(["drain", "end"] as const)("a server that shuts down is not, after app.%s", async (how) => {
  const app = createApp();
  app.http("/healthz", health(app));
  await (how === "drain" ? app.drain(1_000) : app.end());
  expect(await check(app)).toEqual([503, { status: "shutting down" }, "no-store"]);
});
