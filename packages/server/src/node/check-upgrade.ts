import type { IncomingMessage } from "node:http";

/** Refuses what is no WebSocket handshake, by the checks of RFC 6455 §4.2.1 that `ws` makes more loosely; undefined when it may go on. */
export function checkUpgrade({ method, headers }: IncomingMessage): Response | undefined {
  if (method !== "GET")
    return new Response("A WebSocket begins with GET", { status: 405, headers: { allow: "GET" } });
  if (headers.upgrade?.toLowerCase() !== "websocket")
    return new Response("Only websocket can be upgraded to", { status: 400 });
  if (headers["sec-websocket-version"] !== "13")
    return new Response("Version 13, please", { status: 426, headers: { "sec-websocket-version": "13" } });
  if (!/^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? ""))
    return new Response("Bad Sec-WebSocket-Key", { status: 400 });
  if (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0)
    return new Response("A handshake has no body", { status: 400 });
  return badProtocols(headers["sec-websocket-protocol"])
    ? new Response("Bad Sec-WebSocket-Protocol", { status: 400 })
    : undefined;
}

function badProtocols(header: string | undefined): boolean {
  if (header === undefined) return false;
  const tokens = header.split(",").map((token) => token.trim());
  return (
    new Set(tokens).size < tokens.length ||
    tokens.some((token) => !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(token))
  );
}
