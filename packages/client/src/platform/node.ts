/** What Node, Bun and Deno can do. `package.json` has it as `#platform` there. */

import isomorphicModule from "isomorphic-ws";
import type { HandshakeRefusal } from "./refusal.ts";
import type { Headers, WebSocketClass, WebSocketLike } from "./websocket-class.ts";

/** The longest body of a refusal that is read, in characters. */
const longestBody = 8_192;

/** The response with which a server refused a handshake, as `node:http` has it. */
interface Response {
  readonly statusCode?: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  setEncoding(encoding: "utf8"): void;
  on(event: "data" | "end" | "error", listener: (chunk: string) => void): void;
}
/** A socket of `ws`. */
interface Emitter {
  on(event: "unexpected-response", listener: (request: unknown, response: Response) => void): void;
  emit(event: "error", error: Error): void;
}

/** Why the server refused each socket. */
const refusals = new WeakMap<object, HandshakeRefusal>();

/** The class that a module is or exports by default: how `isomorphic-ws` is imported differs between module systems. */
function classIn(module: unknown): unknown {
  return (module as { default?: unknown } | null)?.default ?? module;
}

/**
 * Makes a socket, with the class of `isomorphic-ws` when no other is given. The class of `ws` and of this package read
 * `headers`; a class that follows the standard ignores them.
 * @throws SyntaxError for a malformed url or subprotocol.
 */
function createWebSocket(
  url: string,
  protocols: readonly string[],
  given?: WebSocketClass,
  headers?: Headers,
): WebSocketLike {
  type AnyClass = new (url: string, protocols: string[], options: object) => WebSocketLike;
  const Class = (given ?? classIn(isomorphicModule)) as AnyClass;
  const socket = new Class(url, [...protocols], {
    closeTimeout: 2_000,
    maxPayload: 2 ** 24,
    perMessageDeflate: false,
    headers,
  });
  if ("on" in socket)
    (socket as unknown as Emitter).on("unexpected-response", (_, response) =>
      read(socket as WebSocketLike & Emitter, response),
    );
  return socket;
}

/** Why the server refused this socket, if it did. */
async function refusalOf(socket: WebSocketLike, _url: string): Promise<HandshakeRefusal | undefined> {
  return refusals.get(socket);
}

/** Reads the response of a server that refused the handshake, and then ends the socket, which `ws` leaves to its listener. */
function read(socket: WebSocketLike & Emitter, response: Response): void {
  let body = "";
  const end = (): void => {
    if (refusals.has(socket)) return;
    const { statusCode: status = 0, headers } = response;
    const unexpected = `Unexpected server response: ${status}`; // as `ws` has it
    const reason = body === "" || /^\s*</.test(body) ? unexpected : body;
    refusals.set(socket, { status, reason, body, retryAfter: secondsOf(headers["retry-after"]) });
    socket.emit("error", new Error(unexpected));
    socket.terminate?.();
  };
  response.setEncoding("utf8");
  response.on("data", (chunk) => {
    body = (body + chunk).slice(0, longestBody);
    if (body.length === longestBody) end();
  });
  response.on("end", end);
  response.on("error", end);
}

/** `Retry-After` is a number of seconds or a date (RFC 9110 §10.2.3). */
function secondsOf(retryAfter: unknown): number | undefined {
  const seconds = /^\d+$/.test(String(retryAfter))
    ? Number(retryAfter)
    : (Date.parse(String(retryAfter)) - Date.now()) / 1_000;
  return seconds >= 0 ? seconds : undefined;
}

/** The class of `isomorphic-ws`. */
const platformWebSocket = (): WebSocketClass => classIn(isomorphicModule) as WebSocketClass;

export { createWebSocket, platformWebSocket, refusalOf };
