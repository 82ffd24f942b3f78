import type { ParsedRequest } from "../request/context.ts";

/** Which pages may connect, and by which host names a server may be reached. */
export interface SecurityOptions {
  /**
   * Origins that may connect besides the server's own, written exactly: `["https://app.example.com"]`.
   * @default []
   */
  readonly origins?: readonly string[];
  /**
   * Host names by which this app may be reached, without ports, as a URL writes them: `["app.example.com", "[::1]"]`; other
   * requests are refused with 421. Name them where the network does not check them: a page whose host name resolves to this
   * server counts as its own page (DNS rebinding). Name them too for a server that is bound to a loopback address behind a
   * proxy that keeps the client's `Host`.
   * @default for a server that is bound to a loopback address: `localhost`, `*.localhost`, `127.0.0.0/8` and `[::1]`; else any
   */
  readonly hosts?: readonly string[];
  /**
   * Whether a program that sends cookies but no `Origin` may connect.
   * @default false
   */
  readonly allowCookieWithoutOrigin?: boolean;
}

/** `localhost`, `*.localhost`, 127.0.0.0/8 and ::1, as a URL writes them (RFC 6761 §6.3, RFC 1122 §3.2.1.3). */
const loopbackName = /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Refuses a request for a host name that the app does not have (RFC 9110 §15.5.20); undefined when the check passes. An app
 * that names no hosts has all of them, or, when its server is bound to a loopback address, the loopback names.
 */
export function checkHost(
  { url: { hostname } }: Pick<ParsedRequest, "url">,
  { hosts }: SecurityOptions,
  boundToLoopback = false,
): Response | undefined {
  const allowed = hosts?.includes(hostname) ?? (!boundToLoopback || loopbackName.test(hostname));
  return allowed ? undefined : new Response("Misdirected Request", { status: 421 });
}

/**
 * Refuses a handshake that a foreign page started (cross-site WebSocket hijacking); undefined when the check passes. With
 * `trustProxy` the last entry of `X-Forwarded-Proto` is the scheme by which the client reached the proxy.
 */
export function checkOrigin(
  { request: { headers }, url }: ParsedRequest,
  { origins, allowCookieWithoutOrigin }: SecurityOptions,
  trustProxy = false,
): Response | undefined {
  const origin = headers.get("origin");
  if (origin === null) {
    if (!headers.has("cookie") || allowCookieWithoutOrigin === true) return undefined;
    return new Response("A request with cookies must have an Origin header", { status: 403 });
  }
  if (origin.includes(",") || origin.includes(" "))
    return new Response("Multiple Origin headers", { status: 400 });
  if (origins?.includes(origin) === true) return undefined;
  const own = ownScheme(url, trustProxy ? headers.get("x-forwarded-proto") : null);
  if (isOwnOrigin(origin, url, own)) return undefined;
  return new Response("This Origin may not connect", { status: 403 });
}

/** The scheme by which the client reached the server; undefined where that is unknown: a proxy may end TLS. */
function ownScheme({ protocol }: URL, forwarded: string | null): string | undefined {
  if (protocol === "https:") return protocol; // TLS ends here
  const scheme = forwarded?.split(",").at(-1)?.trim().toLowerCase();
  return scheme === "http" || scheme === "https" ? `${scheme}:` : undefined;
}

function isOwnOrigin(origin: string, url: URL, scheme: string | undefined): boolean {
  try {
    const { host, protocol } = new URL(origin);
    if (protocol !== "http:" && protocol !== "https:") return false;
    return host === url.host && (scheme ?? protocol) === protocol;
  } catch {
    return false; // "null"
  }
}
