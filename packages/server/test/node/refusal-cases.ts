/** Handshakes that the server refuses by itself, and the clients that send them. */
import { contract } from "@symbolon/protocol";
import { type AppOptions, createApp } from "@symbolon/server";
import { Clock } from "@symbolon/server/testing";
import { vi } from "vitest";
import { connectRawClient, handshake } from "./raw-client.ts";

/** An app whose hooks and handlers must not run for a question. */
export function createTestApp(options: AppOptions = {}) {
  const hook = vi.fn();
  const app = createApp({ clock: new Clock(), ...options });
  app.group(hook).ws("/chat", async (socket) => {
    await socket.accept();
    await socket.closed;
  });
  app.group(hook).implement(contract("/notes", { client: {}, server: {} }), () => ({}));
  app.http("/page", () => new Response("page"));
  return { app, hook };
}

/** How a test serves it. */
export const listen = { port: 0, host: "127.0.0.1", signals: false };

/** Sends a handshake; resolves with the status and the body of the answer. */
export async function dial(port: number, path = "/chat", headers: Record<string, string | undefined> = {}) {
  using client = await connectRawClient(port);
  client.write(handshake(path, headers));
  const head = await client.response();
  const body = head.status === 101 ? "" : (await client.rest()).toString();
  return { status: head.status, body, headers: head.headers };
}

/** The media type of a question. */
export const mediaType = "application/symbolon.refusal+json";

/** Asks why a handshake would be refused, as a page of `origin` does. */
export async function ask(port: number, path = "/chat", headers: Record<string, string> = {}) {
  using client = await connectRawClient(port);
  const all = { Host: `localhost:${port}`, Accept: mediaType, Connection: "close", ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  client.write(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
  const head = await client.response();
  const text = (await client.rest()).toString();
  const body: unknown = head.headers.get("content-type") === mediaType ? JSON.parse(text) : text;
  return { status: head.status, headers: head.headers, body };
}

/** Handshakes that are refused: with which status and reason, at which path, with which headers and options. */
export const reasons: readonly (readonly [
  string,
  number,
  string,
  string,
  Record<string, string | undefined>,
  AppOptions,
])[] = [
  [
    "a foreign Origin",
    403,
    "Origin http://page.test:5173 is not allowed: createApp({ security: { origins: [...] } })",
    "/chat",
    { Origin: "http://page.test:5173" },
    {},
  ],
  [
    "cookies without an Origin",
    403,
    "A request with cookies must have an Origin header: createApp({ security: { allowCookieWithoutOrigin: true } })",
    "/chat",
    { Cookie: "session=1" },
    {},
  ],
  ["two Origins", 400, "Multiple Origin headers", "/chat", { Origin: "http://a.test, http://b.test" }, {}],
  [
    "a foreign Host",
    421,
    "Host evil.test is not allowed: createApp({ security: { hosts: [...] } })",
    "/chat",
    { Host: "evil.test" },
    { security: { hosts: ["localhost"] } },
  ],
  ["an unknown path", 404, "No WebSocket route is at /nowhere", "/nowhere?token=secret", {}, {}],
  ["a path of HTTP", 400, "No WebSocket route is at /page, which is an HTTP route", "/page", {}, {}],
  [
    "an unknown version",
    426,
    "Sec-WebSocket-Version must be 13",
    "/chat",
    { "Sec-WebSocket-Version": "8" },
    {},
  ],
  ["an invalid target", 400, "The target or a header of the request is invalid", "//evil.test", {}, {}],
  [
    "no more undecided handshakes",
    503,
    "Too many undecided handshakes: createApp({ handshake: { pending } })",
    "/chat",
    {},
    { handshake: { pending: 0 } },
  ],
  [
    "no more WebSockets",
    503,
    "the limit of WebSockets is 0: createApp({ limits: { connections } })",
    "/chat",
    {},
    { limits: { connections: 0, httpPerAddress: 300 } },
  ],
];
