import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import { STATUS_CODES } from "node:http";
import { Readable, type Duplex } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { describeTransport, type TransportInfo } from "../request/transport.ts";

/** Reads the URL of a Node request; undefined when its target is invalid. */
export function readUrl({ url: target = "/", headers, socket }: IncomingMessage): URL | undefined {
  // An absolute-form target and "//host" would replace the host of the URL (RFC 9112 §3.2). A URL reads a backslash as a
  // slash, and skips tabs and line ends.
  if (!/^\/(?![/\\])[^\t\r\n]*$/.test(target)) return undefined;
  try {
    const base = `${"encrypted" in socket ? "https" : "http"}://${headers.host ?? "localhost"}`;
    const url = new URL(target, base);
    return url.username === "" && url.password === "" ? url : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a Node request as a web `Request`; undefined when its target or headers are invalid there. */
function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request | undefined {
  const url = readUrl(incoming);
  const { method } = incoming;
  const bodied = method !== "GET" && method !== "HEAD";
  try {
    const body = bodied ? (Readable.toWeb(incoming) as ReadableStream) : null;
    return url && makeRequest(url, incoming, { signal, body });
  } catch {
    return undefined;
  }
}

/**
 * Makes the web `Request` of a Node request.
 * @throws TypeError when its method or headers are invalid there.
 */
export function makeRequest(
  url: URL,
  { method = "GET", rawHeaders }: Pick<IncomingMessage, "method" | "rawHeaders">,
  { signal, body }: Pick<RequestInit, "signal" | "body"> = {},
): Request {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  return new Request(url, {
    method,
    headers,
    ...(signal && { signal }),
    ...(body && { body, duplex: "half" }),
  });
}

/** Writes a web `Response` as a Node one. Rejects when its body was read before. */
async function writeResponse(response: Response, outgoing: ServerResponse): Promise<void> {
  // First, since it throws when the body was read before.
  const body = response.body === null ? undefined : Readable.fromWeb(response.body as never);
  const cookies = response.headers.getSetCookie();
  outgoing.statusCode = response.status;
  if (response.statusText !== "") outgoing.statusMessage = response.statusText;
  for (const [name, value] of response.headers) if (name !== "set-cookie") outgoing.setHeader(name, value);
  if (cookies.length > 0) outgoing.setHeader("set-cookie", cookies);
  if (outgoing.req.method === "HEAD") {
    body?.destroy(); // its source is cancelled
    outgoing.end();
  } else if (body === undefined) outgoing.end();
  else await pipeline(body, outgoing).catch(() => outgoing.destroy());
}

/** Answers an upgrade with a `Response` and closes the connection: there is no `ServerResponse` on this path. */
export async function writeRefusal(response: Response, socket: Duplex): Promise<void> {
  let body = Buffer.alloc(0);
  try {
    if (response.body !== null) {
      const source = Readable.fromWeb(response.body as never);
      if (socket.destroyed) source.destroy();
      else socket.once("close", () => source.destroy());
      body = await buffer(source);
    }
  } catch {
    return void socket.destroy(); // the body broke, or the client has disconnected: nothing was written yet
  }
  const headers = new Headers(response.headers);
  headers.set("connection", "close");
  headers.set("content-length", String(body.byteLength));
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`);
  const reason = response.statusText || STATUS_CODES[response.status] || "";
  socket.once("finish", () => socket.destroy());
  socket.end(
    Buffer.concat([
      Buffer.from(`HTTP/1.1 ${response.status} ${reason}\r\n${lines.join("")}\r\n`, "latin1"),
      body,
    ]),
  );
}

/**
 * Calls `next` when the responses to the earlier requests of a connection are sent; at once without one. A client may send
 * requests before it has these responses, and Node does not keep the order of an upgrade.
 */
export function afterResponses(socket: Duplex, next: () => void): void {
  const { _httpMessage: earlier } = socket as { readonly _httpMessage?: ServerResponse | null };
  if (earlier) earlier.once("close", () => afterResponses(socket, next));
  else next();
}

/**
 * Serves a request that asks for another protocol than WebSocket as plain HTTP: a server may ignore `Upgrade` (RFC 9110
 * §7.8). Node reads the request a second time, without the wish to upgrade.
 */
export function serveAsHttp(
  server: HttpServer,
  { incoming, head }: { readonly incoming: IncomingMessage; readonly head: Buffer },
): void {
  const { method, url, httpVersion, rawHeaders, socket } = incoming;
  if (socket.destroyed) return;
  // Node drops the headers above its limit. One of them may be the length of the body.
  const { maxHeadersCount } = server;
  if (maxHeadersCount !== 0 && rawHeaders.length >= 2 * (maxHeadersCount ?? 1_000))
    return void writeRefusal(new Response("Too many headers", { status: 431 }), socket);
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = "", value = ""] = rawHeaders.slice(at, at + 2);
    const kept = name.toLowerCase() === "connection" ? withoutUpgrade(value) : value;
    if (kept !== "" || value === "") lines.push(`${name}: ${kept}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]));
  server.emit("encrypted" in socket ? "secureConnection" : "connection", socket);
}

function withoutUpgrade(connection: string): string {
  const options = connection.split(",").map((option) => option.trim());
  return options.filter((option) => option.toLowerCase() !== "upgrade").join(", ");
}

/** Answers a request by an app. */
export async function answer(
  app: { readonly fetch: (request: Request) => Promise<Response> },
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  info: Omit<TransportInfo, "node">,
): Promise<void> {
  const client = new AbortController();
  const node: { request: IncomingMessage | undefined } = { request: incoming };
  outgoing.once("close", () => {
    client.abort();
    node.request = undefined;
  });
  const request = toRequest(incoming, client.signal);
  if (request !== undefined) describeTransport(request, { ...info, node });
  // `app.fetch` checks the response.
  await write(
    request === undefined ? new Response("Bad Request", { status: 400 }) : await app.fetch(request),
    outgoing,
  );
}

/** Writes a response that can be written: only a broken connection fails. */
export function write(response: Response, outgoing: ServerResponse): Promise<void> {
  return writeResponse(response, outgoing).catch(() => void outgoing.destroy());
}
