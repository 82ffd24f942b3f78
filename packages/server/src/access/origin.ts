import type { ParsedRequest } from "../request/context.ts";

/** Which pages may connect, and by which host names a server may be reached. */
export interface SecurityOptions {
  /**
   * Origins that may connect besides the server's own, written exactly: `["https://app.example.com"]`.
   * @default []
   */
  readonly origins?: readonly string[];
  /**
   * Host names by which this app may be reached, without ports, as a URL writes them: `["app.example.com", "[::1]"]`. Name
   * them where the network does not check them: a page whose host name resolves to this server counts as its own page
   * (DNS rebinding).
   * @default any
   */
  readonly hosts?: readonly string[];
  /**
   * Whether a program that sends cookies but no `Origin` may connect.
   * @default false
   */
  readonly allowCookieWithoutOrigin?: boolean;
}

/** Refuses a request for a host name that the app does not have (RFC 9110 §15.5.20); undefined when the check passes. */
export function checkHost({ url }: ParsedRequest, { hosts }: SecurityOptions): Response | undefined {
  if (hosts === undefined || hosts.includes(url.hostname)) return undefined;
  return new Response("Misdirected Request", { status: 421 });
}

/** Refuses a handshake that a foreign page started (cross-site WebSocket hijacking); undefined when the check passes. */
export function checkOrigin(
  { request: { headers }, url }: ParsedRequest,
  { origins, allowCookieWithoutOrigin }: SecurityOptions,
): Response | undefined {
  const origin = headers.get("origin");
  if (origin === null) {
    if (!headers.has("cookie") || allowCookieWithoutOrigin === true) return undefined;
    return new Response("A request with cookies must have an Origin header", { status: 403 });
  }
  if (origin.includes(",") || origin.includes(" "))
    return new Response("Multiple Origin headers", { status: 400 });
  if (origins?.includes(origin) === true || isOwnOrigin(origin, url)) return undefined;
  return new Response("This Origin may not connect", { status: 403 });
}

function isOwnOrigin(origin: string, url: URL): boolean {
  try {
    const { host, protocol } = new URL(origin);
    // The scheme is not compared: behind a proxy that ends TLS the server's own is http.
    return (protocol === "http:" || protocol === "https:") && host === url.host;
  } catch {
    return false; // "null"
  }
}
