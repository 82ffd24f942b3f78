import { markClientError } from "./errors.ts";

/** What has headers. */
interface WithHeaders {
  /** A header by its lower-case name; several of one name are joined, as `Headers` does. Undefined without one. */
  header(name: string): string | undefined;
}

/** The user and password of a request. */
export interface Credentials {
  /** The user; it has no colon. */
  readonly username: string;
  /** The password; it may have colons. */
  readonly password: string;
}

/** The Bearer token of a request (RFC 6750 §2.1), or undefined. */
export function bearerToken(request: WithHeaders): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.header("authorization") ?? "")?.[1];
}

/** The Basic credentials of a request, read as UTF-8 (RFC 7617 §2.1), or undefined. */
export function basicCredentials(request: WithHeaders): Credentials | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(request.header("authorization") ?? "")?.[1];
  if (encoded === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
    const pair = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const colon = pair.indexOf(":");
    return colon < 0 ? undefined : { username: pair.slice(0, colon), password: pair.slice(colon + 1) };
  } catch {
    return undefined; // not Base64, or not UTF-8
  }
}

const none: readonly string[] = Object.freeze([]);

/** The subprotocols that a client offers, in its order of preference (RFC 6455 §4.1). */
export function offeredProtocols(request: WithHeaders): readonly string[] {
  const header = request.header("sec-websocket-protocol");
  if (header === undefined) return none;
  return header
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/**
 * Checks that the client offered a subprotocol: a client must fail the connection otherwise (RFC 6455 §4.1).
 * @throws TypeError, marked as a client error, when it did not.
 */
export function checkSubprotocol(offered: readonly string[], subprotocol = ""): void {
  if (subprotocol !== "" && !offered.includes(subprotocol))
    throw markClientError(
      new TypeError(`the client did not offer the subprotocol ${JSON.stringify(subprotocol)}`),
    );
}

/** Reads a query; a repeated name gives an array, and `name[]=` an empty one. */
export function parseQuery(search: URLSearchParams): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const key of new Set(search.keys())) {
    const values = search.getAll(key);
    const [only = ""] = values;
    const empty = key.endsWith("[]") && values.length === 1 && only === "";
    const name = empty ? key.slice(0, -2) : key;
    if (empty && search.has(name)) continue;
    // Not an assignment: a name may be "__proto__".
    Object.defineProperty(query, name, {
      value: empty ? [] : values.length > 1 ? values : only,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return query;
}

/** Reads a `Cookie` header (RFC 6265 §5.4); the first of a repeated name counts. */
export function parseCookies(header: string | undefined): Record<string, string> {
  if (header === undefined) return {};
  const cookies = new Map<string, string>();
  for (const pair of header.split(";")) {
    const [, rawName = "", value = ""] = /^\s*([^=\s][^=]*)=(.*)$/.exec(pair) ?? [];
    const name = rawName.trim();
    if (name !== "" && !cookies.has(name)) cookies.set(name, decodeCookie(value.trim()));
  }
  return Object.fromEntries(cookies);
}

function decodeCookie(value: string): string {
  const bare = value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
  try {
    return decodeURIComponent(bare);
  } catch {
    return bare;
  }
}
