import { type App, createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const hook = (): undefined => undefined;

beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

test("a group without routes is reported once when the app is served: its hook never runs", async () => {
  const app = createApp();
  app.group(hook);
  app.group(hook);
  await using _ = await serve(app);
  expect(console.warn).toHaveBeenCalledExactlyOnceWith(
    expect.stringContaining("symbolon: app.group(hook) has made a group without routes"),
  );
});

test("it is not reported in production", async () => {
  vi.stubEnv("NODE_ENV", "production");
  const app = createApp();
  app.group(hook);
  await using _ = await serve(app);
  expect(console.warn).not.toHaveBeenCalled();
});

test.each<[string, (group: App) => void]>([
  ["a WebSocket route", (group) => group.ws("/", () => {})],
  ["an HTTP route", (group) => group.http("/", () => new Response())],
  ["a mounted app", (group) => group.mount("/inner", createApp())],
  ["a group with a route", (group) => group.group(hook).ws("/", () => {})],
  ["other options and a route", (group) => group.with({}).ws("/", () => {})],
])("a group with %s is not reported", async (_name, declare) => {
  const app = createApp();
  declare(app.group(hook));
  await using _ = await serve(app);
  expect(console.warn).not.toHaveBeenCalled();
});
