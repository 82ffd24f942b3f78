/** What a page can do. `package.json` has it as `#platform` for all but Node, Bun and Deno. */

import type { HandshakeRefusal } from "./refusal.ts";
import type { Headers, WebSocketClass, WebSocketLike } from "./websocket-class.ts";

const refusalType = "application/symbolon.refusal+json";

/**
 * Makes a socket.
 * @throws SyntaxError for a malformed url or subprotocol; TypeError for headers, which a page cannot set.
 */
function createWebSocket(
  url: string,
  protocols: readonly string[],
  Class: WebSocketClass = WebSocket,
  headers?: Headers,
): WebSocketLike {
  if (headers) throw new TypeError("a page cannot set headers: use getToken or query");
  return new Class(url, protocols as string[]);
}

/**
 * Asks the server why it refused this socket, which a browser does not tell. Rejects when it cannot be asked.
 * @returns undefined when the server does not answer, or the socket is of another class than the browser's
 */
async function refusalOf(socket: WebSocketLike, url: string): Promise<HandshakeRefusal | undefined> {
  if (!(socket instanceof WebSocket && navigator.onLine)) return undefined;
  const response = await fetch(url.replace(/^ws/i, "http"), {
    headers: { accept: refusalType },
    credentials: "omit",
    signal: AbortSignal.timeout(5_000),
  });
  return response.ok && response.headers.get("content-type")?.startsWith(refusalType)
    ? ((await response.json()) as HandshakeRefusal)
    : undefined;
}

/** The browser's own class. */
const platformWebSocket = (): WebSocketClass => globalThis.WebSocket;

export { createWebSocket, platformWebSocket, refusalOf };
