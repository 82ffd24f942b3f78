import { once } from "node:events";
import { type AppOptions, createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { afterEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { handshake, opcodes, connectRawClient, rawFrame } from "./raw-client.ts";

afterEach(() => void vi.restoreAllMocks());

/** An app with an echo at /echo. */
function createEchoApp(options: AppOptions = {}) {
  const app = createApp(options);
  app.ws("/echo", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  return app;
}

/** Sends the bytes of a request. Resolves with the response. */
async function sendRequest(port: number, request: string) {
  using client = await connectRawClient(port);
  client.write(request);
  const response = await client.response();
  return { ...response, body: response.status === 101 ? "" : (await client.rest()).toString() };
}

// S1, S2, S4, S9
test.each<[number, string, string]>([
  [403, "a foreign Origin", handshake("/echo", { Origin: "https://evil.example" })],
  [403, "Origin null", handshake("/echo", { Origin: "null" })],
  [
    403,
    "an Origin with the own host and another port",
    handshake("/echo", { Host: "app.test", Origin: "http://app.test:81" }),
  ],
  [
    403,
    "an Origin whose host only begins with the own one",
    handshake("/echo", { Host: "app.test", Origin: "http://app.test.evil" }),
  ],
  [403, "an Origin of another scheme", handshake("/echo", { Host: "app.test", Origin: "file://app.test" })],
  [403, "a cookie without an Origin", handshake("/echo", { Cookie: "session=1" })],
  [400, "two Origins", handshake("/echo", { Origin: "http://localhost\r\nOrigin: https://evil.example" })],
  [404, "an unknown path", handshake("/nowhere")],
  [426, "version 8", handshake("/echo", { "Sec-WebSocket-Version": "8" })],
  [426, "no version", handshake("/echo", { "Sec-WebSocket-Version": undefined })],
  [400, "a short key", handshake("/echo", { "Sec-WebSocket-Key": "c2hvcnQ=" })],
  [400, "no key", handshake("/echo", { "Sec-WebSocket-Key": undefined })],
  [405, "POST", handshake("/echo", {}, "POST")],
  [400, "an absolute-form target", handshake("http://evil.example/echo")],
  [400, "a target that begins with two slashes", handshake("//evil.example/echo")],
  [400, "a target that begins with a slash and a backslash", handshake("/\\evil.example/echo")],
  [400, "a Host with a user in it", handshake("/echo", { Host: "me@localhost" })],
  [400, "a Content-Length", `${handshake("/echo", { "Content-Length": "2" })}hi`],
  [400, "a Transfer-Encoding", `${handshake("/echo", { "Transfer-Encoding": "chunked" })}0\r\n\r\n`],
  [400, "a subprotocol twice", handshake("/echo", { "Sec-WebSocket-Protocol": "a, a" })],
  [400, "an empty subprotocol", handshake("/echo", { "Sec-WebSocket-Protocol": "a, , b" })],
  [400, "a subprotocol that is not a token", handshake("/echo", { "Sec-WebSocket-Protocol": "a b" })],
  [400, "a subprotocol beyond ASCII", handshake("/echo", { "Sec-WebSocket-Protocol": "é" })],
])("a handshake is refused with %i for %s, and the server still works", async (status, _case, request) => {
  await using server = await serve(createEchoApp(), { port: 0 });
  const response = await sendRequest(server.port, request);
  expect(response.status).toBe(status);
  expect(response.headers.get("sec-websocket-version")).toBe(status === 426 ? "13" : null);
  expect(response.headers.get("allow")).toBe(status === 405 ? "GET" : null);
  expect(response.headers.get("connection")).toBe("close");
  expect(Number(response.headers.get("content-length"))).toBe(response.body.length);
  expect((await sendRequest(server.port, handshake("/echo"))).status).toBe(101);
});

test.each([
  ["its own Origin", { Host: "app.test:81", Origin: "http://app.test:81" }],
  ["its own Origin behind a proxy that ends TLS", { Host: "app.test", Origin: "https://app.test" }],
  ["neither Origin nor cookie, from a program", {}],
  ["an Origin and a cookie", { Host: "app.test", Origin: "http://app.test", Cookie: "session=1" }],
  ["Upgrade in another case", { Upgrade: "WebSocket" }],
  ["a Content-Length of 0", { "Content-Length": "0" }],
])("a handshake with %s is accepted", async (_case, headers) => {
  await using server = await serve(createEchoApp(), { port: 0 });
  expect((await sendRequest(server.port, handshake("/echo", headers))).status).toBe(101);
});

test("besides its own origin only the listed origins may connect", async () => {
  const app = createApp({ security: { origins: ["https://app.example"] } });
  app.ws("/", (socket) => socket.accept());
  await using server = await serve(app, { port: 0 });
  const statuses = await Promise.all(
    [
      "https://app.example",
      "http://localhost",
      "https://app.example.evil.com",
      "https://appXexample",
      "http://app.example",
    ].map(async (Origin) => (await sendRequest(server.port, handshake("/", { Origin }))).status),
  );
  expect(statuses).toEqual([101, 101, 403, 403, 403]);
});

// S9
test("unknown subprotocols are not echoed: the handshake completes without a subprotocol", async () => {
  await using server = await serve(createEchoApp(), { port: 0 });
  const { status, headers } = await sendRequest(
    server.port,
    handshake("/echo", { "Sec-WebSocket-Protocol": "soap, mqtt" }),
  );
  expect(status).toBe(101);
  expect(headers.has("sec-websocket-protocol")).toBe(false);
});

// S15
test("the server accepts no compression, and no name of an extension confuses it", async () => {
  await using server = await serve(createEchoApp(), { port: 0 });
  const offer = "permessage-deflate; client_max_window_bits, constructor; __proto__=1";
  const { status, headers } = await sendRequest(
    server.port,
    handshake("/echo", { "Sec-WebSocket-Extensions": offer }),
  );
  expect(status).toBe(101);
  expect(headers.has("sec-websocket-extensions")).toBe(false);
});

test("a handler chooses the subprotocol and the headers of the 101, each cookie in a separate line", async () => {
  const app = createApp();
  app.ws("/chosen", async (socket) => {
    const headers = new Headers({ "x-greeting": "welcome" });
    headers.append("set-cookie", "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT");
    headers.append("set-cookie", "b=2");
    await socket.accept({ subprotocol: "mqtt", headers });
    await socket.send(socket.protocol);
  });
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  const { status, headers } = await client.open("/chosen", { "Sec-WebSocket-Protocol": "soap, mqtt" });
  expect(status).toBe(101);
  expect(headers.get("sec-websocket-protocol")).toBe("mqtt");
  expect(headers.get("x-greeting")).toBe("welcome");
  expect(headers.getSetCookie()).toEqual(["a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2"]);
  expect(await client.text()).toBe("mqtt");
});

// S9
test("choosing a subprotocol that was not offered refuses with 500 and is reported", async () => {
  const errors: unknown[] = [];
  const app = createApp({ onError: (error) => void errors.push(error) });
  app.ws("/wrong", (socket) => socket.accept({ subprotocol: "mqtt" }));
  await using server = await serve(app, { port: 0 });
  expect(
    (await sendRequest(server.port, handshake("/wrong", { "Sec-WebSocket-Protocol": "soap" }))).status,
  ).toBe(500);
  expect(errors).toEqual([new TypeError('the client did not offer the subprotocol "mqtt"')]);
});

test("the status, reason, headers and body of a refusal are on the wire", async () => {
  const app = createApp();
  app.ws("/secret", () => {
    const headers = new Headers({ "content-type": "text/plain; charset=utf-8", "content-length": "1" });
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2");
    return new Response("Nicht für dich", { status: 403, statusText: "Keep Out", headers });
  });
  await using server = await serve(app, { port: 0 });
  const { status, reason, headers, body } = await sendRequest(server.port, handshake("/secret"));
  expect([status, reason, body]).toEqual([403, "Keep Out", "Nicht für dich"]);
  expect(headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  expect(headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(headers.get("content-length")).toBe(String(Buffer.byteLength("Nicht für dich")));
});

test("a client gets the refusal as an unexpected response", async () => {
  const app = createApp();
  app
    .group(() => new Response("No tickets left", { status: 503, headers: { "retry-after": "7" } }))
    .ws("/full", () => {});
  await using server = await serve(app, { port: 0 });
  const client = new WebSocket(`ws://localhost:${server.port}/full`);
  const [request, response] = await once(client, "unexpected-response");
  expect([response.statusCode, response.statusMessage, response.headers["retry-after"]]).toEqual([
    503,
    "Service Unavailable",
    "7",
  ]);
  request.destroy();
});

test("a refusal whose body breaks ends the connection and is reported, and the server still works", async () => {
  const onError = vi.fn();
  const app = createEchoApp({ onError });
  app.ws(
    "/broken",
    () => new Response(new ReadableStream({ pull: (stream) => stream.error(new Error("broken")) })),
  );
  await using server = await serve(app, { port: 0 });
  using client = await connectRawClient(server.port);
  client.write(handshake("/broken"));
  expect(await client.rest()).toHaveLength(0);
  expect(onError).toHaveBeenCalledExactlyOnceWith(new Error("broken"), expect.anything());
  expect((await sendRequest(server.port, handshake("/echo"))).status).toBe(101);
});

test("2,000 small headers get a response and do not crash the server", async () => {
  await using server = await serve(createEchoApp(), { port: 0 });
  const headers = Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`x${at}`, ""]));
  const request = handshake("/echo").replace(
    "\r\n\r\n",
    `\r\n${Object.keys(headers)
      .map((name) => `${name}:\r\n`)
      .join("")}\r\n`,
  );
  const { status } = await sendRequest(server.port, request);
  expect([101, 431]).toContain(status); // Node 24 counts them as more than 16 KiB, Node 20 does not
  expect((await sendRequest(server.port, handshake("/echo"))).status).toBe(101);
});

test("an HTTP handler reads a request's body, query and headers, and its response arrives whole", async () => {
  const app = createApp();
  app.http("/upper", async ({ request, query }) => {
    const headers = new Headers({ "x-kind": request.headers.get("content-type") ?? "" });
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2");
    const body = `${request.method} ${String(query["q"])} ${(await request.text()).toUpperCase()}`;
    return new Response(body, { status: 201, headers });
  });
  await using server = await serve(app, { port: 0 });
  const body = "x".repeat(200_000);
  const response = await fetch(`${server.url}/upper?q=1`, {
    method: "POST",
    body,
    headers: { "content-type": "text/x" },
  });
  expect(response.status).toBe(201);
  expect(response.headers.get("x-kind")).toBe("text/x");
  expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  expect(await response.text()).toBe(`POST 1 ${body.toUpperCase()}`);
});

test("the response to HEAD has the headers and no body", async () => {
  const app = createApp();
  app.http("/page", () => new Response("body", { headers: { "x-page": "yes" } }));
  await using server = await serve(app, { port: 0 });
  const response = await fetch(`${server.url}/page`, { method: "HEAD" });
  expect([response.headers.get("x-page"), await response.text()]).toEqual(["yes", ""]);
});

test("plain HTTP to a WebSocket route is a 426, and to an unknown path a 404", async () => {
  await using server = await serve(createEchoApp(), { port: 0 });
  const response = await fetch(`${server.url}/echo`);
  expect([response.status, response.headers.get("upgrade")]).toEqual([426, "websocket"]);
  expect((await fetch(`${server.url}/nowhere`)).status).toBe(404);
});

test("a Response that was read before gives a 500, and the server still works", async () => {
  const onError = vi.fn();
  const shared = new Response("only once");
  const app = createApp({ onError });
  app.http("/once", () => shared);
  await using server = await serve(app, { port: 0 });
  expect(await (await fetch(`${server.url}/once`)).text()).toBe("only once");
  expect((await fetch(`${server.url}/once`)).status).toBe(500);
  expect(onError).toHaveBeenCalledExactlyOnceWith(expect.any(TypeError), expect.anything());
  expect((await fetch(`${server.url}/nowhere`)).status).toBe(404);
});

test("an absolute-form target is a 400 for plain HTTP too", async () => {
  await using server = await serve(createEchoApp(), { port: 0 });
  const request = "GET http://evil.example/echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  expect((await sendRequest(server.port, request)).status).toBe(400);
});

test("the route reads a frame after the 101, not the HTTP parser", async () => {
  await using server = await serve(createEchoApp(), { port: 0 });
  using client = await connectRawClient(server.port);
  await client.open("/echo");
  client.write(rawFrame(opcodes.text, "GET / HTTP/1.1\r\n\r\n"));
  expect(await client.text()).toBe("GET / HTTP/1.1\r\n\r\n");
});
