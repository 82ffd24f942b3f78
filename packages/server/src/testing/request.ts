import { randomBytes } from "node:crypto";
import { mergeHeaders } from "../request/response.ts";
import { describeTransport } from "../request/transport.ts";
import type { CookieJar } from "./cookie-jar.ts";
import type { WaitOptions } from "./socket.ts";

/** The handshake that `connect` sends, and how long it waits. */
export interface TestConnectOptions extends WaitOptions {
  /** Headers of the handshake besides those of each handshake. @default none */
  readonly headers?: NonNullable<ConstructorParameters<typeof Headers>[0]>;
  /** Cookies besides those in the jar. As in a browser, a request with cookies has an `Origin`: its own. */
  readonly cookies?: Readonly<Record<string, string>>;
  /** The host, with its port, by which the client reaches the app. @default the host of the network */
  readonly host?: string;
  /** The client's address, as `address` in the context: clients without a principal share limits by it. @default one address for all */
  readonly address?: string;
  /** Added to the query of the path. @default nothing */
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  /** Subprotocols to offer. @default none */
  readonly protocols?: readonly string[];
  /** A Bearer token, or Basic credentials (RFC 7617). @default none */
  readonly auth?: string | { readonly username: string; readonly password: string };
}

/** The handshake of a client at `url`; it disconnects when `signal` aborts. */
export function handshakeRequest(
  url: URL,
  { headers: own = {}, cookies = {}, query = {}, protocols = [], auth, host, address }: TestConnectOptions,
  jar: CookieJar,
  signal: AbortSignal,
): Request {
  const target = new URL(url.href.replace(/^ws/, "http"));
  const named = host ?? new Headers(own).get("host");
  if (named !== null) Object.assign(target, { port: "", host: named });
  for (const [name, values] of Object.entries(query))
    for (const value of [values].flat()) target.searchParams.append(name, value);
  const headers = new Headers({
    host: target.host,
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": randomBytes(16).toString("base64"),
  });
  const cookie = jar.header(cookies);
  if (cookie !== "") {
    headers.set("cookie", cookie);
    headers.set("origin", target.origin);
  }
  if (auth !== undefined) headers.set("authorization", authorization(auth));
  if (protocols.length > 0) headers.set("sec-websocket-protocol", protocols.join(", "));
  const request = new Request(target, { headers: mergeHeaders(headers, own), signal });
  describeTransport(request, { address, network: address ?? "" });
  return request;
}

function authorization(auth: NonNullable<TestConnectOptions["auth"]>): string {
  if (typeof auth === "string") return `Bearer ${auth}`;
  return `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString("base64")}`;
}

/** An HTTP request with the cookies of the jar, unless the request has its own cookies. */
export function httpRequest(
  input: string | Request,
  init: RequestInit | undefined,
  { jar, host }: { readonly jar: CookieJar; readonly host: string },
): Request {
  const request = typeof input === "string" ? new Request(new URL(input, `http://${host}`), init) : input;
  const cookie = request.headers.get("cookie") ?? jar.header();
  const own = { host: new URL(request.url).host, ...(cookie !== "" && { cookie }) };
  return new Request(request, { headers: mergeHeaders(new Headers(own), request.headers) });
}

/** A refusal with all of its body, as it arrives at the client. */
export async function readRefusal(response: Response): Promise<Response> {
  if (response.body === null) return response;
  return new Response(await response.arrayBuffer(), response);
}

/** A response that is read ahead as far as a network's buffers do: a test that does not read must not stop the app. */
export function readAhead(response: Response): Response {
  if (response.body === null || response.bodyUsed) return response;
  const buffers = new TransformStream<Uint8Array, Uint8Array>({}, undefined, { highWaterMark: 64 });
  return new Response(response.body.pipeThrough(buffers), response);
}
