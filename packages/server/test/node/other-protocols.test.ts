/** What becomes of an upgrade to another protocol than WebSocket. */
import { attach, serve } from "@symbolon/server/node";
import { describe, expect, test } from "vitest";
import { gate } from "../gate.ts";
import { connectRawClient, handshake, type RawClient } from "./raw-client.ts";
import { createDeadlineClock, createEchoApp, startHost } from "./test-host.ts";

/** Sends a request without a body, and keeps the connection. Resolves with the status and the body. */
async function request(client: RawClient, text: string): Promise<[status: number, body: string]> {
  client.write(text);
  const { status, headers } = await client.response();
  return [status, (await client.read(Number(headers.get("content-length")))).toString()];
}

// L3
describe("an upgrade to another protocol than WebSocket", () => {
  const h2c = {
    Connection: "Upgrade, HTTP2-Settings",
    Upgrade: "h2c",
    "HTTP2-Settings": "AAMAAABkAARAAAAA",
    "Sec-WebSocket-Key": undefined,
    "Sec-WebSocket-Version": undefined,
  };

  function createPageApp() {
    const app = createEchoApp();
    app.http("/page", async ({ request: { method, headers, body } }) => {
      const text = body === null ? "" : await new Response(body).text();
      const response = `${method} ${headers.get("upgrade")} ${text}`;
      return new Response(response, { headers: { "content-length": String(response.length) } });
    });
    return app;
  }

  test("is a plain HTTP request, and so is what follows on the connection", async () => {
    await using server = await serve(createPageApp(), { port: 0 });
    using client = await connectRawClient(server.port);
    for (let round = 0; round < 3; round += 1) {
      expect(await request(client, handshake("/page", h2c))).toEqual([200, "GET h2c "]);
      expect(await request(client, "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n")).toEqual([
        200,
        "GET null ",
      ]);
    }
    expect((await client.open("/echo")).status).toBe(101);
  });

  test.each([
    ["a length", { "Content-Length": "5" }, "hello", "hello"],
    ["chunks", { "Transfer-Encoding": "chunked" }, "5\r\nhello\r\n0\r\n\r\n", "hello"],
  ])("keeps its body, which has %s", async (_kind, headers, body, text) => {
    await using server = await serve(createPageApp(), { port: 0 });
    using client = await connectRawClient(server.port);
    const post = handshake("/page", { ...h2c, ...headers }, "POST");
    expect(await request(client, post + body)).toEqual([200, `POST h2c ${text}`]);
    client.write(post);
    expect(await request(client, body)).toEqual([200, `POST h2c ${text}`]);
  });

  test("waits for the response to an earlier request of its connection", async () => {
    const answered = gate();
    const called = gate();
    const app = createPageApp();
    app.http("/slow", async () => {
      called.open();
      await answered.passed;
      return new Response("slow", { headers: { "content-length": "4" } });
    });
    await using server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    const next = "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n";
    client.write("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n", handshake("/page", h2c), next);
    await called.passed;
    answered.open();
    expect(await request(client, "")).toEqual([200, "slow"]);
    expect(await request(client, "")).toEqual([200, "GET h2c "]);
    expect(await request(client, "")).toEqual([200, "GET null "]);
  });

  test("is answered with 426 at a WebSocket route", async () => {
    await using server = await serve(createPageApp(), { port: 0 });
    using client = await connectRawClient(server.port);
    client.write(handshake("/echo", h2c));
    const { status, headers } = await client.response();
    expect([status, headers.get("upgrade")]).toEqual([426, "websocket"]);
  });

  test("with more headers than Node keeps is refused with 431: one of them may be the length of its body", async () => {
    await using server = await serve(createPageApp(), { port: 0 });
    using client = await connectRawClient(server.port);
    const many = Array.from({ length: 1_500 }, () => "a:\r\n").join("");
    client.write(handshake("/page", h2c, "POST").replace("\r\n\r\n", `\r\n${many}Content-Length: 5\r\n\r\n`));
    expect((await client.response()).status).toBe(431);
  });

  test("is answered by the server of an attached app", async () => {
    using host = await startHost((_request, response) => response.end("the server's own"));
    attach(host.server, createPageApp());
    using client = await connectRawClient(host.port);
    client.write(handshake("/page", { ...h2c, Connection: "Upgrade, close" }));
    expect((await client.response()).status).toBe(200);
    expect((await client.rest()).toString()).toContain("the server's own");
  });

  test.each([1, 2])("is answered beside %i other listeners", async (count) => {
    const { clock, deadlineSet } = createDeadlineClock();
    using host = await startHost((_request, response) => response.end("the server's own"));
    attach(host.server, createEchoApp("/echo", { clock }));
    for (let at = 0; at < count; at += 1) host.server.on("upgrade", () => {});
    using client = await connectRawClient(host.port);
    client.write(handshake("/page", h2c));
    await deadlineSet();
    clock.advance(10_000);
    expect((await client.response()).status).toBe(200);
  });

  test.each(["websocket, h2c", "h2c , WebSocket"])(
    "opens a WebSocket when WebSocket is among the protocols: %s",
    async (list) => {
      await using server = await serve(createPageApp(), { port: 0 });
      using client = await connectRawClient(server.port);
      expect((await client.open("/echo", { Upgrade: list })).status).toBe(101);
    },
  );
});
