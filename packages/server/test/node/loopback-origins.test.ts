/** Which pages of the same machine may connect, in production and outside of it. */
import { serve } from "@symbolon/server/node";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createTestApp, dial, listen } from "./refusal-cases.ts";

beforeEach(() => void vi.spyOn(console, "warn").mockImplementation(() => {}));
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

// S1
describe("outside of production", () => {
  const loopback = [
    "http://localhost:5173",
    "http://127.0.0.1:8080",
    "https://localhost",
    "http://[::1]:3000",
  ];
  const foreign = [
    "http://app.localhost:5173",
    "http://localhost.evil.test",
    "http://evil.test",
    "http://192.168.0.1:5173",
    "http://localhost.",
    "http://me@localhost",
    "ws://localhost",
    "null",
  ];

  test.each([
    ["development", loopback, 101],
    ["development", foreign, 403],
    ["production", loopback, 403],
    [undefined, loopback, 101],
  ] as const)(
    "with NODE_ENV %s a server bound to a loopback address answers %j with %i",
    async (env, origins, status) => {
      vi.stubEnv("NODE_ENV", env);
      await using server = await serve(createTestApp().app, listen);
      for (const Origin of origins) {
        const Host = `localhost:${server.port}`;
        expect([Origin, (await dial(server.port, "/chat", { Host, Origin })).status]).toEqual([
          Origin,
          status,
        ]);
      }
    },
  );

  test("a server bound to all addresses allows them to clients of the same machine", async () => {
    vi.stubEnv("NODE_ENV", "development");
    await using server = await serve(createTestApp().app, { port: 0, signals: false });
    const Host = `localhost:${server.port}`;
    const Origin = "http://localhost:5173";
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await dial(server.port, "/chat", { Host, Origin, ...headers })).status;
    expect(await status({})).toBe(101);
    expect(await status({ Origin: "http://evil.test" })).toBe(403);
    expect(await status({ Host: "app.test" })).toBe(403);
    // A proxy on the same machine passes on what others send.
    expect(await status({ "X-Forwarded-For": "192.0.2.1" })).toBe(403);
    expect(await status({ Forwarded: "for=192.0.2.1" })).toBe(403);
  });

  test("a server that is reached by another name refuses them", async () => {
    vi.stubEnv("NODE_ENV", "development");
    const { app } = createTestApp({ security: { hosts: ["app.test"] } });
    await using proxied = await serve(app, listen);
    const Origin = "http://localhost:5173";
    expect((await dial(proxied.port, "/chat", { Host: "app.test", Origin })).status).toBe(403);
  });
});
