/** What the server refuses by itself: the log, and `onError`. */
import { createApp, type ErrorContext, identity } from "@symbolon/server";
import { attach, serve } from "@symbolon/server/node";
import { Clock } from "@symbolon/server/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RefusedError } from "../../src/request/refusal.ts";
import { connectRawClient, handshake } from "./raw-client.ts";
import { createTestApp, dial, listen, reasons } from "./refusal-cases.ts";
import { startHost } from "./test-host.ts";

let log: ReturnType<typeof spyOnLog>;
const spyOnLog = () => vi.spyOn(console, "warn").mockImplementation(() => {});
beforeEach(() => void (log = spyOnLog()));
afterEach(() => {
  log.mockRestore();
  vi.unstubAllEnvs();
});

describe.each(["serve", "attach"])("under %s", (how) => {
  /** The port of a server of the app, and its end. */
  const start = async (app: ReturnType<typeof createApp>) => {
    if (how === "serve") return serve(app, listen);
    const host = await startHost();
    const attached = attach(host.server, app);
    return {
      port: host.port,
      close: attached.close,
      [Symbol.asyncDispose]: async () => host[Symbol.dispose](),
    };
  };

  test.each(reasons.filter(([what]) => what !== "no more WebSockets" || how === "attach"))(
    "a handshake with %s is refused with %i; onError receives why, and what was seen",
    async (_what, status, reason, path, headers, options) => {
      const onError = vi.fn<(error: unknown, context: ErrorContext) => void>();
      const { app, hook } = createTestApp({ ...options, onError });
      await using server = await start(app);
      expect((await dial(server.port, path, headers)).status).toBe(status);
      expect(onError).toHaveBeenCalledTimes(1);
      const [[error, { phase }] = [undefined, { phase: "none" }]] = onError.mock.calls;
      expect(phase).toBe("refused");
      expect(error).toBeInstanceOf(RefusedError);
      expect(error).toMatchObject({ status, count: 1, seen: { address: "127.0.0.1" } });
      expect(String(error)).toContain(`refused with ${status}: ${reason}`);
      expect(JSON.stringify(error)).not.toContain("secret");
      expect(hook).not.toHaveBeenCalled();
      expect(log).not.toHaveBeenCalled();
    },
  );

  test("without onError the log has one line for it, with the origin, host, address and path", async () => {
    vi.stubEnv("NODE_ENV", "production");
    const { app } = createTestApp();
    await using server = await start(app);
    const { status, body } = await dial(server.port, "/chat?token=secret", {
      Host: `localhost:${server.port}`,
      Origin: "http://localhost:5173",
    });
    const reason = "Origin http://localhost:5173 is not allowed: createApp({ security: { origins: [...] } })";
    expect([status, body]).toEqual([403, reason]);
    expect(log.mock.calls).toEqual([
      [
        `symbolon: refused with 403: ${reason} {"origin":"http://localhost:5173","host":"localhost:${server.port}","address":"127.0.0.1","path":"/chat"}`,
      ],
    ]);
  });

  test("the limit of a principal is reported too, and a refusal of a hook is not", async () => {
    const onError = vi.fn();
    const app = createApp({ onError, limits: { perPrincipal: 1 }, clock: new Clock() });
    app
      .group(() => identity({ principal: "ada" }))
      .ws("/chat", async (socket) => {
        await socket.accept();
        await socket.closed;
      });
    app.group(() => new Response("no", { status: 403 })).ws("/refused", () => {});
    await using server = await start(app);
    expect((await dial(server.port, "/refused")).status).toBe(403);
    expect(onError).not.toHaveBeenCalled();
    using client = await connectRawClient(server.port);
    expect((await client.open("/chat")).status).toBe(101);
    expect((await dial(server.port)).status).toBe(429);
    expect(onError.mock.calls.map(([error]) => String(error))).toEqual([
      "RefusedError: refused with 429: the limit of connections of one principal is 1: createApp({ limits: { perPrincipal } })",
    ]);
    client.reset();
  });

  test("a server that drains reports each handshake that it refuses", async () => {
    const onError = vi.fn();
    const { app } = createTestApp({ onError });
    await using server = await start(app);
    using client = await connectRawClient(server.port);
    expect((await client.open("/chat")).status).toBe(101);
    using late = await connectRawClient(server.port);
    late.write(handshake("/chat").slice(0, 20));
    using other = await connectRawClient(server.port);
    expect((await other.open("/chat")).status).toBe(101); // the part has arrived
    const closing = server.close({ drain: 60_000 });
    late.write(handshake("/chat").slice(20));
    expect((await late.response()).status).toBe(503);
    expect(onError.mock.calls.map(([error]) => String(error))).toEqual([
      "RefusedError: refused with 503: The server is shutting down",
    ]);
    client.reset();
    other.reset();
    await closing;
  });
});
