import type { IncomingMessage } from "node:http";

/** Whether a request asks for a WebSocket, alone or among other protocols (RFC 9110 §7.8). */
export function isWebSocketUpgrade({ headers }: IncomingMessage): boolean {
  return (headers.upgrade ?? "").split(",").some((protocol) => protocol.trim().toLowerCase() === "websocket");
}

/** Refuses a request that is not a WebSocket handshake, by the checks of RFC 6455 §4.2.1 that `ws` makes less strictly; undefined when the check passes. */
export function checkUpgrade({ method, headers }: IncomingMessage): Response | undefined {
  if (method !== "GET")
    return new Response("A WebSocket handshake must be a GET request", {
      status: 405,
      headers: { allow: "GET" },
    });
  if (headers["sec-websocket-version"] !== "13")
    return new Response("Sec-WebSocket-Version must be 13", {
      status: 426,
      headers: { "sec-websocket-version": "13" },
    });
  if (!/^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? ""))
    return new Response("Sec-WebSocket-Key must be 16 bytes in base64", { status: 400 });
  if (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0)
    return new Response("A WebSocket handshake must have no body", { status: 400 });
  return hasInvalidProtocols(headers["sec-websocket-protocol"])
    ? new Response("Sec-WebSocket-Protocol must list different tokens", { status: 400 })
    : undefined;
}

function hasInvalidProtocols(header: string | undefined): boolean {
  if (header === undefined) return false;
  const tokens = header.split(",").map((token) => token.trim());
  return (
    new Set(tokens).size < tokens.length ||
    tokens.some((token) => !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(token))
  );
}
