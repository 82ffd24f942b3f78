import type { AsyncLocalStorage } from "node:async_hooks";
import { type PathParams, type Schema, ValidationError } from "@symbolon/protocol";
import type { Output } from "@symbolon/protocol/internal";
import { sharedByCopies } from "./copies.ts";
import { basicCredentials, bearerToken, type Credentials, parseCookies, parseQuery } from "./headers.ts";
import type { ParsedRequest } from "./parsed-request.ts";
import { quote, Refusal } from "./refusal.ts";
import { readText } from "./text-values.ts";
import type { NodeRequest } from "./transport.ts";

/** The schemas by which a route reads its request. They get strings, and where they refuse one, the value that it stands for. */
export interface RouteSchemas {
  /** Reads the parameters of the path; without it they are strings. */
  readonly params?: Schema;
  /** Reads the query; a repeated name gives an array, `name[]=` an empty one. */
  readonly query?: Schema;
  /** Reads the headers, by lower-case name. */
  readonly headers?: Schema;
  /** Reads the cookies. */
  readonly cookies?: Schema;
}

/** What every hook and handler may read. */
export interface BaseContext {
  /** The handshake or HTTP request; its `signal` aborts when the client disconnects, before accept too. */
  readonly request: Request;
  /** The Bearer token, or the token that a session's client sent in `hello`; undefined without one. */
  readonly token: string | undefined;
  /** The user and password of Basic credentials (RFC 7617, as UTF-8); undefined without them. */
  readonly credentials: Credentials | undefined;
  /** The client's address, with `limits.trustProxy` the one that the proxy has seen; undefined where it is unknown. */
  readonly address: string | undefined;
  /**
   * The request as Node has read it, for Express's sessions, passport and other middleware of Node. Its `request` is undefined
   * once the connection has closed, and `node` itself in tests without a network.
   *
   * @example
   *   app.use(async ({ node }) => {
   *     if (node?.request === undefined) return new Response(null, { status: 503 });
   *     const request = node.request as import("express").Request;
   *     const response = new ServerResponse(request) as import("express").Response; // never sent
   *     const error = await new Promise((next) => sessions(request, response, next));
   *     if (error !== undefined) throw error;
   *     const { user } = request.session;
   *     return user === undefined ? new Response("Sign in first", { status: 401 }) : identity({ principal: user });
   *   });
   */
  readonly node: NodeRequest | undefined;
  /** The subprotocols that the client offers, in its order: `accept({ subprotocol })` chooses one. */
  readonly protocols: readonly string[];
  /** The declared path of the route that serves the request, with the prefixes of its mounts: `/v1/items/:id`. */
  readonly route: string;
  /**
   * Headers that the server adds to its answer: to the 101, to a refusal and to an HTTP response. A header that the
   * handler sets itself replaces one of the same name; cookies are all sent. The server writes the 101 of a session
   * before hooks run, so that one has none of them.
   */
  readonly responseHeaders: Headers;
}

/** The schemas of a route without schemas. */
type NoSchemas = {
  readonly params?: never;
  readonly query?: never;
  readonly headers?: never;
  readonly cookies?: never;
};

/** What a hook may read: the parts of the request as they arrived, since one hook serves routes with other schemas. */
export interface HookContext extends BaseContext {
  /** The path's parameters, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** The query; a repeated name gives an array. */
  readonly query: Readonly<Record<string, string | string[]>>;
  /** The headers. */
  readonly headers: Headers;
  /** The cookies. */
  readonly cookies: Readonly<Record<string, string>>;
  /**
   * Accepts the handshake of a raw route before its handler runs, and resolves with its socket: the hook may send something
   * first. The handler gets the same socket. A hook that refuses after that closes it with 4000 + the status. Undefined for HTTP
   * and for contracts. Rejects as `accept` of a socket does.
   *
   * @example
   *   app.use(async ({ accept }) => {
   *     const socket = await accept?.({ headers: { "x-greeting": "hello" } });
   *     await socket?.send("one moment");
   *     return { user: await slowLookup() };
   *   });
   */
  readonly accept?: (init?: {
    readonly headers?: NonNullable<ConstructorParameters<typeof Headers>[0]>;
    readonly subprotocol?: string;
  }) => Promise<{
    readonly send: (message: unknown) => PromiseLike<void>;
    readonly close: (code?: number, reason?: string) => unknown;
  }>;
}

/**
 * What a handler may read: the parts of the request as the route's schemas read them. With `RouteSchemas`, which may be
 * any schemas, the parts are unknown.
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

/** A context that hooks still add to. */
export type MutableContext = Record<string, unknown> & BaseContext;

/** The route that serves a request. */
export interface RequestTarget {
  /** The decoded parameters of the path. */
  readonly params: Readonly<Record<string, string>>;
  /** The path as the route declared it. */
  readonly route: string;
  /** Replaces the Bearer token. */
  readonly token?: string;
}

/** Makes the context of a request, whose parts are as they arrived. */
export function createContext(parsed: ParsedRequest, target: RequestTarget): MutableContext {
  return new RequestContext(parsed, target) as MutableContext & RequestContext;
}

/** The `responseHeaders` of a context; undefined when no code has read them, so that they are empty. */
export function addedHeaders(context: BaseContext): Headers | undefined {
  return context instanceof RequestContext ? context.added : context.responseHeaders;
}

/** A context whose parts are made when they are first read: most handlers read none of them. */
class RequestContext {
  declare readonly request: Request;
  declare readonly headers: Headers;
  declare readonly responseHeaders: Headers;
  readonly route: string;
  readonly params: Readonly<Record<string, string>>;
  readonly address: string | undefined;
  readonly node: NodeRequest | undefined;
  readonly token: string | undefined;
  readonly credentials: Credentials | undefined;
  readonly protocols: readonly string[];
  declare readonly query: Record<string, string | string[]>;
  declare readonly cookies: Record<string, string>;
  readonly #parsed: ParsedRequest;
  #added: Headers | undefined;
  #query: Record<string, string | string[]> | undefined;
  #cookies: Record<string, string> | undefined;

  /** Own properties and not those of the class, since code may copy a context by `{ ...context }`. */
  static readonly #firstRead: PropertyDescriptorMap & ThisType<RequestContext> = {
    request: {
      enumerable: true,
      get() {
        return this.#parsed.request;
      },
    },
    headers: {
      enumerable: true,
      get() {
        return this.#parsed.request.headers;
      },
    },
    responseHeaders: {
      enumerable: true,
      get() {
        return (this.#added ??= new Headers());
      },
    },
    query: {
      enumerable: true,
      get() {
        const { url } = this.#parsed;
        return (this.#query ??= url.search === "" ? {} : parseQuery(url.searchParams));
      },
    },
    cookies: {
      enumerable: true,
      get() {
        return (this.#cookies ??= parseCookies(this.#parsed.header("cookie")));
      },
    },
  };

  constructor(parsed: ParsedRequest, { params, route, token }: RequestTarget) {
    const { transport, protocols } = parsed;
    this.#parsed = parsed;
    this.route = route;
    this.params = params;
    this.address = transport.address;
    this.node = transport.node;
    this.token = token ?? bearerToken(parsed);
    this.credentials = basicCredentials(parsed);
    this.protocols = protocols;
    Object.defineProperties(this, RequestContext.#firstRead);
  }

  get added(): Headers | undefined {
    return this.#added;
  }
}

const partNames = ["params", "query", "headers", "cookies"] as const;

/** Whether a route reads a part of its request by a schema. */
export function hasSchema(schemas: RouteSchemas): boolean {
  return partNames.some((part) => schemas[part] !== undefined);
}

/**
 * Reads the parts of a request by the route's schemas. Resolves with these parts, or with a 400 `Response` (RFC 9457)
 * that lists the issues.
 */
export async function validateParts(
  context: MutableContext,
  { pathname }: URL,
  schemas: RouteSchemas,
): Promise<Response | Readonly<Record<string, unknown>>> {
  const parts: Record<string, unknown> = {};
  const issues: PartIssue[] = [];
  for (const part of partNames) {
    const schema = schemas[part];
    if (schema === undefined) continue;
    try {
      const texts = part === "headers" ? Object.fromEntries(context.request.headers) : context[part];
      parts[part] = await readText(schema, texts as Readonly<Record<string, unknown>>);
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      for (const { message, path } of error.issues) issues.push({ in: part, path: path.join("."), message });
    }
  }
  return issues.length === 0 ? parts : invalidInput(pathname, issues);
}

interface PartIssue {
  readonly in: string;
  readonly path: string;
  readonly message: string;
}

/** `pathname` names the request without its query, which may hold a secret. */
function invalidInput(pathname: string, issues: readonly PartIssue[]): Response {
  const detail = issues.map(({ message }) => message).join("; ");
  const body = { title: "Invalid input", status: 400, instance: pathname, detail, issues };
  const places = issues.map(({ in: part, path }) => (path === "" ? part : `${part} ${JSON.stringify(path)}`));
  return new Refusal({
    kind: "schema",
    status: 400,
    reason: detail,
    log: `the route's schema does not accept ${quote([...new Set(places)].join(", "))}`, // a message may have a secret
    body: JSON.stringify(body),
    headers: { "content-type": "application/problem+json" },
  });
}

/** Where `current` finds the context, whichever copy has it. Without a storage the context costs nothing. */
export const contexts: { storage?: AsyncLocalStorage<BaseContext> } = sharedByCopies("contexts", () => ({}));

/** Runs the code of an app that serves a request: hooks, handlers and the ends of hooks. */
export function runInContext<Value>(context: BaseContext, run: () => Value): Value {
  return contexts.storage ? contexts.storage.run(context, run) : run();
}
