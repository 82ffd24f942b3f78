import { type PathParams, type Schema, ValidationError } from "@symbolon/protocol";
import { type Output, validate } from "@symbolon/protocol/internal";
import { basicCredentials, bearerToken, type Credentials } from "./credentials.ts";
import { offeredProtocols } from "./subprotocol.ts";

/** The schemas by which a route reads its request. */
export interface RouteSchemas {
  /** Of the path's parameters; without it they are strings. */
  readonly params?: Schema;
  /** Of the query: a repeated name gives an array. */
  readonly query?: Schema;
  /** Of the headers, by lower-case name. */
  readonly headers?: Schema;
  /** Of the cookies. */
  readonly cookies?: Schema;
}

/** What every hook and handler may read. */
export interface BaseContext {
  /** The handshake as a web `Request`; its `signal` aborts when the client leaves, before accept too. */
  readonly request: Request;
  /** The credential: the Bearer token, or what `hello` carried; undefined when there is none. */
  readonly token: string | undefined;
  /** The user and password of Basic credentials (RFC 7617, as UTF-8); undefined when there are none. */
  readonly credentials: Credentials | undefined;
  /** The subprotocols that the client offers, in its order: `accept({ subprotocol })` names the one to speak. */
  readonly protocols: readonly string[];
  /** The path of the route that serves the request, as it was declared, below the prefixes it is mounted at: `/v1/items/:id`. */
  readonly route: string;
  /**
   * Headers to answer with: of the 101, of a refusal and of an HTTP response. What the handler itself gives wins by name;
   * cookies are all set. The 101 of a session is written before hooks run, and has none of them.
   */
  readonly responseHeaders: Headers;
}

/** The schemas of a route that has none. */
export interface NoSchemas extends RouteSchemas {
  readonly params?: never;
  readonly query?: never;
  readonly headers?: never;
  readonly cookies?: never;
}

/** What a hook may read: the request and its parts as they came, whatever the schemas of the route, for it serves many. */
export interface HookContext extends BaseContext {
  /** The path's parameters, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** The query; a repeated name gives an array. */
  readonly query: Readonly<Record<string, string | string[]>>;
  /** The headers. */
  readonly headers: Headers;
  /** The cookies. */
  readonly cookies: Readonly<Record<string, string>>;
}

/**
 * What a handler may read: the request and its parts, as the route's schemas made them. With `RouteSchemas`, which may
 * be any, the parts are unknown.
 */
export interface Context<
  Path extends string = string,
  Schemas extends RouteSchemas = NoSchemas,
> extends BaseContext {
  /** The path's parameters, decoded. */
  readonly params: Parsed<Schemas["params"], PathParams<Path>>;
  /** The query; a repeated name gives an array. */
  readonly query: Parsed<Schemas["query"], HookContext["query"]>;
  /** The headers. */
  readonly headers: Parsed<Schemas["headers"], Headers>;
  /** The cookies. */
  readonly cookies: Parsed<Schemas["cookies"], HookContext["cookies"]>;
}

type Parsed<S, Otherwise> = S extends Schema ? Output<S> : Otherwise;

/** A context while it is made: mutable, for hooks add to it. */
export type MutableContext = Record<string, unknown> & BaseContext;

/** What a request is served by. */
export interface RequestTarget {
  readonly params: Readonly<Record<string, string>>;
  readonly route: string;
  /** Overrules the Bearer token. */
  readonly token?: string;
}

/** Reads a request; its parts are as they came. */
export function createContext(request: Request, { params, route, token }: RequestTarget): MutableContext {
  return {
    request,
    route,
    token: token ?? bearerToken(request),
    credentials: basicCredentials(request),
    protocols: offeredProtocols(request),
    responseHeaders: new Headers(),
    params,
    query: parseQuery(new URL(request.url).searchParams),
    headers: request.headers,
    cookies: parseCookies(request.headers.get("cookie") ?? ""),
  };
}

/** The parts of a context for which the route has schemas, as these make them. Resolves with a 400 `Response` (RFC 9457) listing the issues when they do not fit. */
export async function validateParts(
  context: MutableContext,
  schemas: RouteSchemas,
): Promise<Response | Readonly<Record<string, unknown>>> {
  const parts: Record<string, unknown> = {};
  const issues: { in: string; path: string; message: string }[] = [];
  for (const part of ["params", "query", "headers", "cookies"] as const) {
    const schema = schemas[part];
    if (schema === undefined) continue;
    try {
      parts[part] = await validate(
        schema,
        part === "headers" ? Object.fromEntries(context.request.headers) : context[part],
      );
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      for (const { message, path } of error.issues) issues.push({ in: part, path: path.join("."), message });
    }
  }
  return issues.length === 0 ? parts : problem(context.request, issues);
}

function problem(
  { url }: Request,
  issues: readonly { in: string; path: string; message: string }[],
): Response {
  const body = {
    title: "Invalid input",
    status: 400,
    instance: new URL(url).pathname, // without the query, which may hold a secret
    detail: issues.map(({ message }) => message).join("; "),
    issues,
  };
  return new Response(JSON.stringify(body), {
    status: 400,
    headers: { "content-type": "application/problem+json" },
  });
}

function parseQuery(search: URLSearchParams): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const name of new Set(search.keys())) {
    const values = search.getAll(name);
    const [only = ""] = values;
    Object.defineProperty(query, name, {
      value: values.length > 1 ? values : only,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return query;
}

/** Reads a `Cookie` header (RFC 6265 §5.4); the first of a repeated name counts. */
function parseCookies(header: string): Record<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of header.split(";")) {
    const [, name = "", value = ""] = /^\s*([^=\s][^=]*)=(.*)$/.exec(pair) ?? [];
    const known = name.trim();
    if (known !== "" && !cookies.has(known)) cookies.set(known, unquote(value.trim()));
  }
  return Object.fromEntries(cookies);
}

function unquote(value: string): string {
  const bare = value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
  try {
    return decodeURIComponent(bare);
  } catch {
    return bare;
  }
}
