import type { ParsedRequest } from "../request/parsed-request.ts";
import { quote, Refusal } from "../request/refusal.ts";

/** Which pages may connect, and by which host names a server may be reached. */
export interface SecurityOptions {
  /**
   * Origins that may connect besides the server's own, written exactly: `["https://app.example.com"]`. Unless `NODE_ENV` is
   * "production", `localhost`, `127.0.0.0/8` and `[::1]` are allowed on each port too, for clients that reach the server by a
   * loopback name: if the server is bound to a loopback address, or the connection comes from one without a proxy between.
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

/** What a transport knows of an origin. */
interface OriginOptions {
  /** Whether `X-Forwarded-Proto` counts. @default false */
  readonly trustProxy?: boolean;
  /** Whether pages of this machine may connect. @default false */
  readonly allowsLoopback?: boolean;
}

/** `localhost`, `*.localhost`, 127.0.0.0/8 and ::1, as a URL writes them (RFC 6761 §6.3, RFC 1122 §3.2.1.3). */
const loopbackName = /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** The origins of pages that this machine serves, without the subdomains of `localhost`. */
const loopbackOrigin = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Refuses a request for a host name that the app does not have (RFC 9110 §15.5.20); undefined when the check passes. An app
 * that names no hosts has all of them, or, when its server is bound to a loopback address, the loopback names.
 */
export function checkHost(
  { url: { hostname } }: Pick<ParsedRequest, "url">,
  { hosts }: SecurityOptions,
  boundToLoopback = false,
): Refusal | undefined {
  const allowed = hosts?.includes(hostname) ?? (!boundToLoopback || loopbackName.test(hostname));
  if (allowed) return undefined;
  const reason = `Host ${quote(hostname)} is not allowed: createApp({ security: { hosts: [...] } })`;
  const why = "a server that is bound to a loopback address has loopback names alone as its hosts";
  const log = hosts === undefined ? `${reason}; ${why}` : reason;
  return new Refusal({ kind: "security.hosts", status: 421, reason, log });
}

/**
 * Refuses a handshake that a foreign page started (cross-site WebSocket hijacking); undefined when the check passes. With
 * `trustProxy` the last entry of `X-Forwarded-Proto` is the scheme by which the client reached the proxy. With
 * `allowsLoopback` pages of this machine may connect, from any port.
 */
export function checkOrigin(
  parsed: ParsedRequest,
  { origins, allowCookieWithoutOrigin }: SecurityOptions,
  { trustProxy = false, allowsLoopback = false }: OriginOptions = {},
): Refusal | undefined {
  const { url } = parsed;
  const origin = parsed.header("origin");
  if (origin === undefined) {
    if (parsed.header("cookie") === undefined || allowCookieWithoutOrigin === true) return undefined;
    return new Refusal({
      kind: "security.allowCookieWithoutOrigin",
      status: 403,
      reason:
        "A request with cookies must have an Origin header: createApp({ security: { allowCookieWithoutOrigin: true } })",
    });
  }
  if (origin.includes(",") || origin.includes(" "))
    return new Refusal({ kind: "handshake", status: 400, reason: "Multiple Origin headers" });
  if (origins?.includes(origin) === true) return undefined;
  const own = ownScheme(url, trustProxy ? parsed.header("x-forwarded-proto") : undefined);
  if (isOwnOrigin(origin, url, own)) return undefined;
  if (allowsLoopback && loopbackName.test(url.hostname) && isLoopbackOrigin(origin)) return undefined;
  const reason = `Origin ${quote(origin)} is not allowed: createApp({ security: { origins: [...] } })`;
  return new Refusal({ kind: "security.origins", status: 403, reason });
}

/** The scheme by which the client reached the server; undefined where that is unknown: a proxy may end TLS. */
function ownScheme({ protocol }: URL, forwarded: string | undefined): string | undefined {
  if (protocol === "https:") return protocol; // TLS ends here
  const scheme = forwarded?.split(",").at(-1)?.trim().toLowerCase();
  return scheme === "http" || scheme === "https" ? `${scheme}:` : undefined;
}

function isOwnOrigin(origin: string, { host }: URL, scheme: string | undefined): boolean {
  const page = readOrigin(origin);
  return page !== undefined && page.host === host && (scheme ?? page.protocol) === page.protocol;
}

function isLoopbackOrigin(origin: string): boolean {
  const page = readOrigin(origin);
  return page !== undefined && loopbackOrigin.test(page.hostname) && page.origin === origin;
}

/** The origin of a page; undefined for "null" and for other schemes. */
function readOrigin(origin: string): URL | undefined {
  if (!URL.canParse(origin)) return undefined;
  const url = new URL(origin);
  return url.protocol === "http:" || url.protocol === "https:" ? url : undefined;
}
