import type { AnyContract, CloseError } from "@symbolon/protocol";
import { pathPattern, type PathPattern } from "@symbolon/protocol/internal";
import type { Accept, Exchange } from "../request/exchange.ts";
import type { Clock } from "../timing/clock.ts";
import type { RouteSchemas } from "../request/context.ts";
import type { HeartbeatOptions } from "../timing/heartbeat.ts";
import type { AnyHook } from "../request/hook.ts";
import type { ContractService } from "../contract/service.ts";
import { type SocketRoom, socketRooms } from "../socket/socket-rooms.ts";
import type { Sessions } from "../session/sessions.ts";
import { type SocketService, serveSocket } from "../socket/serve-socket.ts";
import { type RouteMatch, Router } from "./router.ts";
import type { SessionLink } from "../session/session-link.ts";
import type { Store } from "../store/store.ts";
import { removeStoredSessions } from "../session/stored-sessions.ts";
import type { Connections } from "../access/connections.ts";

/** Answers an HTTP request with what its context says. */
export type HttpHandler<Context> = (context: Context) => Response | Promise<Response>;

/** What serves WebSockets at a path. */
export interface SocketRoute {
  readonly hooks: readonly AnyHook[];
  readonly schemas: RouteSchemas;
  /** Serves a raw WebSocket; absent on a contract's route. */
  readonly serveSocket?: (attempt: Exchange, accept: Accept) => Promise<Response | undefined>;
  readonly service?: ContractService<AnyContract>;
}

/** What answers HTTP at a path. */
export interface HttpRoute {
  readonly hooks: readonly AnyHook[];
  readonly handler: HttpHandler<never>;
}

interface Mount {
  readonly prefix: PathPattern;
  readonly hooks: readonly AnyHook[];
  readonly routes: Routes;
}

/** What an app has to do with at a moment. */
export interface Gauges {
  /** Connections, of sessions and others. */
  readonly connected: number;
  /** Sessions whose client is away. */
  readonly detached: number;
  /** Characters that are kept for those, as it was when their clients left. */
  readonly detachedBytes: number;
  /** Handshakes that hooks or handlers have still to decide. */
  readonly pendingHandshakes: number;
}

/** What the routes of an app share. */
export interface RoutesOptions {
  readonly clock: Clock;
  readonly heartbeat: Required<HeartbeatOptions>;
  readonly sessions: Sessions<SessionLink>;
  readonly connections: Connections;
  /** Where sessions survive this process. Default: they do not. */
  readonly store?: Store | undefined;
}

/** The routes of an app and of those mounted below it: what serves which path. */
export class Routes {
  readonly #options: RoutesOptions;
  readonly #sockets = new Router<SocketRoute>();
  readonly #http = new Router<HttpRoute>();
  readonly #mounts: Mount[] = [];
  readonly #services: ContractService<AnyContract>[] = [];

  constructor(options: RoutesOptions) {
    this.#options = options;
  }

  /** Finds a room of the raw routes; those of a mounted app are its own. */
  readonly room: (name: string) => SocketRoom = socketRooms();

  /** Adds a raw WebSocket route. */
  addSocket(
    path: string,
    hooks: readonly AnyHook[],
    schemas: RouteSchemas,
    served: Pick<SocketService, "handler" | "defaults">,
  ): void {
    const { clock, heartbeat, connections: visitors } = this.#options;
    const raw: SocketRoute["serveSocket"] = (attempt, accept) => {
      const refusal = visitors.checkLimit(attempt);
      if (refusal !== undefined) return Promise.resolve(refusal);
      attempt.context["room"] = this.room;
      return serveSocket({ ...served, clock, heartbeat }, attempt, visitors.accepting(attempt, accept));
    };
    this.#sockets.add(path, { hooks, schemas, serveSocket: raw });
  }

  /** Adds a contract's route. */
  addContract(hooks: readonly AnyHook[], service: ContractService<AnyContract>): void {
    this.#services.push(service);
    this.#sockets.add(service.contract.path, { hooks, schemas: service.contract.definition, service });
  }

  /** Adds an HTTP route. */
  addHttp(path: string, hooks: readonly AnyHook[], handler: HttpHandler<never>): void {
    this.#http.add(path, { hooks, handler });
  }

  /** Serves `routes` below `prefix`, after `hooks`. Throws TypeError when the prefix is no path, or would lead back here. */
  mount(prefix: string, hooks: readonly AnyHook[], routes: Routes): void {
    if (!/^(\/|(\/[^/:*]+)+)$/.test(prefix))
      throw new TypeError(`a prefix is like "/v1", without parameters, or "/": ${JSON.stringify(prefix)}`);
    if (routes.#leadsTo(this))
      throw new TypeError("an app cannot be mounted below itself: make another with createApp");
    this.#mounts.push({ prefix: pathPattern(prefix), hooks, routes });
    this.#mounts.sort((a, b) => b.prefix.pattern.length - a.prefix.pattern.length);
  }

  /** Ends every session, those of mounted apps too. */
  async end(): Promise<void> {
    await Promise.all([this.#options.sessions.end(), ...this.#mounts.map(({ routes }) => routes.end())]);
  }

  /** Forgets every session and what was said in rooms, as a process that dies does; what is in a store stays there. */
  crash(): void {
    this.#options.sessions.crash();
    for (const service of this.#services) service.crash();
    for (const { routes } of this.#mounts) routes.crash();
  }

  /** Asks everyone to go elsewhere within `within` ms, at the routes of mounted apps too. */
  drain(within: number): void {
    this.#options.connections.drain(within);
    for (const { routes } of this.#mounts) routes.drain(within);
  }

  /** What there is now, at the routes of mounted apps too. */
  get gauges(): Omit<Gauges, "pendingHandshakes"> {
    const { sessions: parking, connections: visitors } = this.#options;
    const { all, here } = visitors.count;
    const own = { connected: here, detached: all - here, detachedBytes: parking.detachedBytes };
    return this.#mounts.reduce(
      (sum, { routes: { gauges } }) => ({
        connected: sum.connected + gauges.connected,
        detached: sum.detached + gauges.detached,
        detachedBytes: sum.detachedBytes + gauges.detachedBytes,
      }),
      own,
    );
  }

  /** Ends everyone of that name, and their sessions in stores, at the routes of mounted apps too; `failed` is told what a store failed with. */
  revoke(principal: string, error: CloseError, failed: (failure: unknown) => void): void {
    const { connections: visitors, store } = this.#options;
    visitors.revoke(principal, error);
    if (store !== undefined) removeStoredSessions(store, principal).catch(failed);
    for (const { routes } of this.#mounts) routes.revoke(principal, error, failed);
  }

  /** Whether any route is at this path. */
  serves(pathname: string): boolean {
    return this.socketAt(pathname) !== undefined || this.httpAt(pathname) !== undefined;
  }

  /** The WebSocket route at a path, or undefined. */
  socketAt(pathname: string): RouteMatch<SocketRoute> | undefined {
    return this.#sockets.find(pathname) ?? this.#below(pathname, (routes, rest) => routes.socketAt(rest));
  }

  /** The HTTP route at a path, or undefined. */
  httpAt(pathname: string): RouteMatch<HttpRoute> | undefined {
    return this.#http.find(pathname) ?? this.#below(pathname, (routes, rest) => routes.httpAt(rest));
  }

  #leadsTo(routes: Routes): boolean {
    return this === routes || this.#mounts.some((mount) => mount.routes.#leadsTo(routes));
  }

  #below<Route extends { readonly hooks: readonly AnyHook[] }>(
    pathname: string,
    find: (routes: Routes, rest: string) => RouteMatch<Route> | undefined,
  ): RouteMatch<Route> | undefined {
    const parts = pathname.split("/");
    for (const { prefix, hooks, routes } of this.#mounts) {
      const bare = prefix.pattern === "/";
      const depth = bare ? 1 : prefix.pattern.split("/").length;
      if (!bare && prefix.match(parts.slice(0, depth).join("/")) === undefined) continue;
      const found = find(routes, `/${parts.slice(depth).join("/")}`);
      if (found === undefined) continue;
      const pattern = bare ? found.pattern : prefix.pattern + (found.pattern === "/" ? "" : found.pattern);
      return { ...found, pattern, route: { ...found.route, hooks: [...hooks, ...found.route.hooks] } };
    }
    return undefined;
  }
}
