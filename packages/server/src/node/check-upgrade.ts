import type { IncomingMessage } from "node:http";
import { Refusal } from "../request/refusal.ts";

/** Whether a request asks for a WebSocket, alone or among other protocols (RFC 9110 §7.8). */
export function isWebSocketUpgrade({ headers }: IncomingMessage): boolean {
  return (headers.upgrade ?? "").split(",").some((protocol) => protocol.trim().toLowerCase() === "websocket");
}

/** Refuses a request that is not a WebSocket handshake, by the checks of RFC 6455 §4.2.1 that `ws` makes less strictly; undefined when the check passes. */
export function checkUpgrade({ method, headers }: IncomingMessage): Refusal | undefined {
  if (method !== "GET")
    return invalidHandshake(405, "A WebSocket handshake must be a GET request", { allow: "GET" });
  if (headers["sec-websocket-version"] !== "13")
    return invalidHandshake(426, "Sec-WebSocket-Version must be 13", { "sec-websocket-version": "13" });
  if (!/^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? ""))
    return invalidHandshake(400, "Sec-WebSocket-Key must be 16 bytes in base64");
  if (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0)
    return invalidHandshake(400, "A WebSocket handshake must have no body");
  return hasInvalidProtocols(headers["sec-websocket-protocol"])
    ? invalidHandshake(400, "Sec-WebSocket-Protocol must list different tokens")
    : undefined;
}

/** Refuses a handshake that RFC 6455 does not allow. */
export function invalidHandshake(
  status: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  return new Refusal({ kind: "handshake", status, reason, headers });
}

function hasInvalidProtocols(header: string | undefined): boolean {
  if (header === undefined) return false;
  const tokens = header.split(",").map((token) => token.trim());
  return (
    new Set(tokens).size < tokens.length ||
    tokens.some((token) => !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(token))
  );
}
