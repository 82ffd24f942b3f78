import {
  type AnyContract,
  CloseCode,
  closeCodeOfStatus,
  cutReason,
  type Hello,
  SUBPROTOCOL,
  type Wire,
  writeFrame,
} from "@symbolon/protocol";
import { type Accept, Attempt, ClosedBefore, type OnError } from "./attempt.ts";
import type { Clock } from "./clock.ts";
import type { RouteSchemas } from "./context.ts";
import type { HeartbeatOptions } from "./heartbeat.ts";
import { readHello } from "./hello.ts";
import type { AnyHook } from "./hook.ts";
import type { ContractService } from "./implement.ts";
import { checkOrigin, type OriginOptions } from "./origin.ts";
import { type RawRoute, serveRaw } from "./raw.ts";
import { Rooms } from "./room.ts";
import { type Found, Router } from "./router.ts";
import type { Socket } from "./server-socket.ts";

/** Answers an HTTP request with what its context says. */
export type HttpHandler<Context> = (context: Context) => Response | Promise<Response>;

interface SocketRoute {
  readonly hooks: readonly AnyHook[];
  readonly schemas: RouteSchemas;
  /** Serves a raw WebSocket; absent on a contract's route. */
  readonly raw?: (attempt: Attempt, accept: Accept) => Promise<Response | undefined>;
  readonly service?: ContractService<AnyContract>;
}

interface HttpRoute {
  readonly hooks: readonly AnyHook[];
  readonly handler: HttpHandler<never>;
}

interface Mount {
  readonly prefix: string;
  readonly hooks: readonly AnyHook[];
  readonly routes: Routes;
}

/** What the routes of an app share. */
export interface RoutesOptions extends OriginOptions {
  readonly onError: OnError;
  readonly clock: Clock;
  readonly heartbeat: HeartbeatOptions;
  readonly fetch?: (request: Request) => Response | Promise<Response>;
}

/** The routes of an app: finds what serves a request, and takes it to an answer or an accepted socket. */
export class Routes {
  readonly #options: RoutesOptions;
  readonly #sockets = new Router<SocketRoute>();
  readonly #http = new Router<HttpRoute>();
  readonly #mounts: Mount[] = [];
  readonly #rooms = new Rooms<Socket, unknown>((socket) => ({
    deliver: (value) => {
      try {
        socket.send(value);
      } catch (error) {
        socket.close(CloseCode.InternalError);
        console.error("symbolon: a room said what a member's codec cannot write", error);
      }
    },
    gone: socket.closed,
  }));

  constructor(options: RoutesOptions) {
    this.#options = options;
  }

  /** Adds a raw WebSocket route. */
  addSocket(
    path: string,
    hooks: readonly AnyHook[],
    schemas: RouteSchemas,
    served: Pick<RawRoute, "handler" | "layer">,
  ): void {
    const { clock, heartbeat } = this.#options;
    const room = (name: string): unknown => this.#rooms.room(name, (broadcast) => broadcast);
    const raw: SocketRoute["raw"] = (attempt, accept) => {
      attempt.context["room"] = room;
      return serveRaw({ ...served, clock, heartbeat }, attempt, accept);
    };
    this.#sockets.add(path, { hooks, schemas, raw });
  }

  /** Adds a contract's route. */
  addContract(hooks: readonly AnyHook[], service: ContractService<AnyContract>): void {
    this.#sockets.add(service.contract.path, { hooks, schemas: service.contract.definition, service });
  }

  /** Adds an HTTP route. */
  addHttp(path: string, hooks: readonly AnyHook[], handler: HttpHandler<never>): void {
    this.#http.add(path, { hooks, handler });
  }

  /** Serves `routes` below `prefix`, after `hooks`. Throws TypeError when the prefix is no path. */
  mount(prefix: string, hooks: readonly AnyHook[], routes: Routes): void {
    if (!/^(\/[^/:*]+)+$/.test(prefix))
      throw new TypeError(`a prefix is like "/v1", without parameters: ${JSON.stringify(prefix)}`);
    this.#mounts.push({ prefix, hooks, routes });
    this.#mounts.sort((a, b) => b.prefix.length - a.prefix.length);
  }

  /** Whether any route is at this path. */
  serves(pathname: string): boolean {
    return this.#socketAt(pathname) !== undefined || this.#httpAt(pathname) !== undefined;
  }

  /** Answers an HTTP request. Never rejects. */
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const found = this.#httpAt(pathname);
    if (found !== undefined) return this.#answer(request, found);
    if (this.#options.fetch !== undefined) {
      try {
        return await this.#options.fetch(request);
      } catch (error) {
        this.#options.onError(error, { request });
        return new Response("Internal Server Error", { status: 500 });
      }
    }
    if (this.#socketAt(pathname) === undefined) return new Response("Not Found", { status: 404 });
    const headers = { upgrade: "websocket", connection: "upgrade" };
    return new Response("This is a WebSocket", { status: 426, headers }); // RFC 9110 §15.5.22
  }

  /** Answers a WebSocket handshake. Never rejects. */
  async handshake(request: Request, accept: Accept): Promise<Response | undefined> {
    try {
      const refusal = checkOrigin(request, this.#options);
      if (refusal !== undefined) return refusal;
      const { pathname } = new URL(request.url);
      const found = this.#socketAt(pathname);
      if (found?.route.raw === undefined && offers(request, SUBPROTOCOL))
        return await this.#session(request, found, accept);
      if (found === undefined) return this.#missing(pathname);
      const attempt = await this.#attempt(request, found);
      if (attempt instanceof Response) return attempt;
      return await (found.route.raw?.(attempt, accept) ??
        found.route.service?.open(attempt, { accept: () => accept() }));
    } catch (error) {
      this.#options.onError(error, { request });
      return new Response("Internal Server Error", { status: 500 });
    }
  }

  async #session(
    request: Request,
    found: Found<SocketRoute> | undefined,
    accept: Accept,
  ): Promise<undefined> {
    const wire = await accept({ subprotocol: SUBPROTOCOL });
    const hello = await readHello(wire, this.#options.clock);
    if (hello === undefined) return;
    const refusal = await this.#welcome(request, found, hello, wire);
    if (refusal === undefined) return;
    const { code, reason } =
      refusal instanceof ClosedBefore
        ? refusal.close
        : { code: closeCodeOfStatus(refusal.status), reason: await reasonOf(refusal) };
    wire.close(code, cutReason(reason));
  }

  async #welcome(
    request: Request,
    found: Found<SocketRoute> | undefined,
    hello: Hello,
    wire: Wire,
  ): Promise<Response | undefined> {
    if (found === undefined) return this.#missing(new URL(request.url).pathname);
    const attempt = await this.#attempt(request, found, hello.auth);
    if (attempt instanceof Response) return attempt;
    const { interval, timeout } = this.#options.heartbeat;
    const welcome = (sid: string): string =>
      writeFrame({ t: "welcome", state: "new", sid, heartbeat: { i: interval, t: timeout } });
    return found.route.service?.open(attempt, {
      accept: () => Promise.resolve(wire),
      cid: hello.cid,
      welcome,
    });
  }

  #attempt(
    request: Request,
    { route, params }: Found<SocketRoute>,
    token?: string,
  ): Promise<Attempt | Response> {
    const { schemas, hooks } = route;
    return Attempt.start(request, {
      params,
      schemas,
      hooks,
      onError: this.#options.onError,
      ...(token !== undefined && { token }),
    });
  }

  async #answer(request: Request, { route, params }: Found<HttpRoute>): Promise<Response> {
    const attempt = await Attempt.start(request, {
      params,
      schemas: {},
      hooks: route.hooks,
      onError: this.#options.onError,
    });
    if (attempt instanceof Response) return attempt;
    try {
      const response = await route.handler(attempt.context as never);
      await attempt.end();
      return response;
    } catch (error) {
      await attempt.end(error);
      return attempt.refusal(error);
    }
  }

  #missing(pathname: string): Response {
    if (this.#httpAt(pathname) === undefined) return new Response("Not Found", { status: 404 });
    return new Response("There is no WebSocket here", { status: 400 });
  }

  #socketAt(pathname: string): Found<SocketRoute> | undefined {
    return this.#sockets.find(pathname) ?? this.#below(pathname, (routes, rest) => routes.#socketAt(rest));
  }

  #httpAt(pathname: string): Found<HttpRoute> | undefined {
    return this.#http.find(pathname) ?? this.#below(pathname, (routes, rest) => routes.#httpAt(rest));
  }

  #below<Route extends { readonly hooks: readonly AnyHook[] }>(
    pathname: string,
    find: (routes: Routes, rest: string) => Found<Route> | undefined,
  ): Found<Route> | undefined {
    for (const { prefix, hooks, routes } of this.#mounts) {
      if (pathname !== prefix && !pathname.startsWith(`${prefix}/`)) continue;
      const found = find(routes, pathname.slice(prefix.length) || "/");
      if (found !== undefined)
        return { ...found, route: { ...found.route, hooks: [...hooks, ...found.route.hooks] } };
    }
    return undefined;
  }
}

function offers(request: Request, subprotocol: string): boolean {
  const offered = request.headers.get("sec-websocket-protocol") ?? "";
  return offered.split(",").some((one) => one.trim() === subprotocol);
}

/** A close reason says what the refusing response said, as far as it fits. */
async function reasonOf(response: Response): Promise<string> {
  const body = await response.text();
  if (response.headers.get("content-type")?.startsWith("application/problem+json") !== true) return body;
  const { detail } = JSON.parse(body) as { readonly detail?: unknown };
  return typeof detail === "string" ? detail : "";
}
