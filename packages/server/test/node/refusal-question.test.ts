/** The answer to a page that asks why its handshake was refused. */
import { attach, serve } from "@symbolon/server/node";
import { Clock } from "@symbolon/server/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { connectRawClient } from "./raw-client.ts";
import { ask, createTestApp, dial, listen, mediaType, reasons } from "./refusal-cases.ts";
import { startHost } from "./test-host.ts";

let log: ReturnType<typeof spyOnLog>;
const spyOnLog = () => vi.spyOn(console, "warn").mockImplementation(() => {});
beforeEach(() => void (log = spyOnLog()));
afterEach(() => log.mockRestore());

describe("a page that asks", () => {
  test.each(reasons.filter(([what]) => !/version|target|more WebSockets/.test(what)))(
    "learns of %s",
    async (_what, status, reason, path, headers, options) => {
      const { app, hook } = createTestApp(options);
      await using server = await serve(app, listen);
      const answer = await ask(server.port, path, headers as Record<string, string>);
      expect(answer.body).toEqual({ status, reason, ...(status === 503 && { retryAfter: 1 }) });
      expect(answer.status).toBe(200);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        "content-type": mediaType,
        "access-control-allow-origin": "*",
        "cache-control": "no-store",
      });
      expect(hook).not.toHaveBeenCalled();
      expect(log).not.toHaveBeenCalled(); // its dial was reported
    },
  );

  test("learns that the checks pass, for each kind of route, and opens nothing", async () => {
    const { app, hook } = createTestApp();
    await using server = await serve(app, listen);
    for (const path of ["/chat", "/notes"])
      expect((await ask(server.port, path)).body).toEqual({ status: 101, reason: "" });
    expect(hook).not.toHaveBeenCalled();
    expect(app.gauges()).toMatchObject({ connected: 0, pendingHandshakes: 0 });
  });

  test("learns when it may try again, from limits that are full", async () => {
    const { app } = createTestApp({ limits: { perAddress: 1 } });
    await using server = await serve(app, listen);
    using client = await connectRawClient(server.port);
    expect((await client.open("/chat")).status).toBe(101);
    expect((await ask(server.port)).body).toEqual({
      status: 429,
      reason: "Too many connections from your address: createApp({ limits: { perAddress } })",
      retryAfter: 5,
    });
  });

  test("learns that the server drains", async () => {
    const { app } = createTestApp();
    await using server = await serve(app, listen);
    using client = await connectRawClient(server.port);
    expect((await client.open("/chat")).status).toBe(101);
    const closing = server.close({ drain: 60_000 });
    expect((await ask(server.port)).body).toEqual({ status: 503, reason: "The server is shutting down" });
    client.reset();
    await closing;
  });

  test("is answered 60 times a minute, and with 429 after that", async () => {
    const clock = new Clock();
    const { app } = createTestApp({ clock });
    await using server = await serve(app, listen);
    for (let round = 0; round < 60; round += 1) expect((await ask(server.port)).status).toBe(200);
    const { status, headers, body } = await ask(server.port);
    expect([status, headers.get("retry-after"), body]).toEqual([429, "60", {}]);
    expect((await dial(server.port)).status).toBe(101);
    clock.advance(60_000);
    expect((await ask(server.port)).status).toBe(200);
  });

  test("with another Accept or method is served as before", async () => {
    const { app } = createTestApp();
    await using server = await serve(app, listen);
    expect((await ask(server.port, "/page", { Accept: "*/*" })).status).toBe(200);
    expect((await ask(server.port, "/chat", { Accept: `${mediaType}, */*` })).status).toBe(426);
    using client = await connectRawClient(server.port);
    client.write(
      `POST /chat HTTP/1.1\r\nHost: localhost\r\nAccept: ${mediaType}\r\nContent-Length: 0\r\n\r\n`,
    );
    expect((await client.response()).status).toBe(426);
  });

  test("is left to the server's own listeners under attach", async () => {
    const { app } = createTestApp();
    using host = await startHost((_incoming, outgoing) => void outgoing.end("mine"));
    attach(host.server, app);
    expect((await ask(host.port)).body).toBe("mine");
  });
});
