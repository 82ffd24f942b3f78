import type { AnyContract, CloseError, FrameCodec } from "@symbolon/protocol";
import type { Balance, BalancedClients } from "../access/balance.ts";
import type { Connections } from "../access/connections.ts";
import type { ContractService } from "../contract/service.ts";
import type { RouteSchemas } from "../request/context.ts";
import type { AnyHook } from "../request/hook.ts";
import type { SessionLink } from "../session/session-link.ts";
import type { Sessions } from "../session/sessions.ts";
import type { StoredSessions } from "../session/stored-sessions.ts";
import { prepareSocket, type SocketService } from "../socket/serve-socket.ts";
import type { SocketOptions } from "../socket/socket-options.ts";
import { type SocketRoom, socketRooms } from "../socket/socket-rooms.ts";
import type { Clock } from "../timing/clock.ts";
import type { HeartbeatOptions } from "../timing/heartbeat.ts";
import type { RateOptions } from "../timing/message-rate.ts";
import { pathPattern, type PathPattern } from "./path-pattern.ts";
import type { HttpHandler, HttpRoute, SocketRoute } from "./route.ts";
import { type RouteMatch, Router } from "./router.ts";

/** How an app is mounted. */
interface MountOptions {
  readonly hooks: readonly AnyHook[];
  readonly socket: SocketOptions;
}

interface Mount extends MountOptions {
  readonly prefix: PathPattern;
  readonly routes: Routes;
}

/** The load of an app at a moment. */
export interface Gauges {
  /** Connected clients. */
  readonly connected: number;
  /** Sessions without a connection. */
  readonly detached: number;
  /** Bytes that the server keeps for detached sessions, measured when each detached. */
  readonly detachedBytes: number;
  /** Handshakes that hooks or handlers have not decided yet, and sessions whose `hello` has not arrived. */
  readonly pendingHandshakes: number;
}

/** What the routes of an app share. */
export interface RoutesOptions {
  /** The time of heartbeats and idle timeouts. */
  readonly clock: Clock;
  /** When a silent client is pinged and closed. */
  readonly heartbeat: Required<HeartbeatOptions>;
  /** How much each client may send. */
  readonly rate: RateOptions;
  /** The sessions of the app. */
  readonly sessions: Sessions<SessionLink>;
  /** The connected clients of the app. */
  readonly connections: Connections;
  /** The sessions that survive this process. */
  readonly storedSessions: StoredSessions | undefined;
  /** Compares the clients of the app with those of other processes. */
  readonly balance?: Balance | undefined;
  /** The codecs of contracts besides JSON, the best first. */
  readonly codecs?: readonly FrameCodec[] | undefined;
  /** The rooms without a store. */
  readonly memory: { crash(): void };
}

/** The routes of an app, and of the apps that are mounted in it. */
export class Routes implements BalancedClients {
  /** The hooks of the app's own view, which unknown paths run too. */
  readonly hooks: AnyHook[] = [];
  readonly #options: RoutesOptions;
  readonly #sockets = new Router<SocketRoute>();
  readonly #http = new Router<HttpRoute>();
  readonly #mounts: Mount[] = [];
  readonly #services: ContractService<AnyContract>[] = [];
  #draining = false;

  constructor(options: RoutesOptions) {
    this.#options = options;
  }

  /** Finds a room of the raw routes; a mounted app has other rooms. */
  readonly room: (name: string) => SocketRoom = socketRooms();

  /** Adds a raw WebSocket route. */
  addSocket(
    path: string,
    hooks: readonly AnyHook[],
    schemas: RouteSchemas,
    own: Pick<SocketService, "handler" | "defaults">,
  ): void {
    const { clock, heartbeat, rate, connections } = this.#options;
    const service = { ...own, clock, heartbeat, rate, connections, room: this.room };
    this.#sockets.add(path, {
      type: "raw",
      options: own.defaults,
      hooks,
      schemas,
      outer: {},
      prepare: (exchange, acceptance, outer) => {
        if (outer.socket === undefined) return prepareSocket(service, exchange, acceptance);
        const defaults = { ...outer.socket, ...service.defaults };
        return prepareSocket({ ...service, defaults }, exchange, acceptance);
      },
    });
  }

  /** Adds a contract's route. */
  addContract(hooks: readonly AnyHook[], service: ContractService<AnyContract>): void {
    const { path, definition } = service.contract;
    this.#services.push(service);
    this.#sockets.add(path, {
      type: "contract",
      hooks,
      schemas: definition,
      service,
      outer: { codecs: this.#options.codecs },
      prepare: (exchange, acceptance) => () => service.plain(exchange, acceptance),
    });
  }

  /** Adds an HTTP route. */
  addHttp(path: string, hooks: readonly AnyHook[], handler: HttpHandler<never>): void {
    this.#http.add(path, { hooks, handler });
  }

  /**
   * Serves `routes` below `prefix`, after hooks and with socket options where they have none.
   * @throws TypeError when the prefix is not a path, or the app would be mounted below itself.
   */
  mount(prefix: string, routes: Routes, options: MountOptions): void {
    if (!/^(\/|(\/[^/:*]+)+)$/.test(prefix))
      throw new TypeError(
        `a prefix is like "/v1", without parameters, or it is "/": ${JSON.stringify(prefix)}`,
      );
    if (routes.#leadsTo(this))
      throw new TypeError("an app cannot be mounted below itself: make another with createApp");
    this.#mounts.push({ ...options, prefix: pathPattern(prefix), routes });
    this.#mounts.sort((a, b) => b.prefix.pattern.length - a.prefix.pattern.length);
  }

  /** Clients can connect from now on. */
  start(): void {
    this.#options.balance?.start(this);
  }

  /** Ends every session, in mounted apps too. */
  async end(): Promise<void> {
    this.#draining = true;
    this.#options.balance?.stop();
    this.#options.storedSessions?.stop();
    await Promise.all([this.#options.sessions.end(), ...this.#mounts.map(({ routes }) => routes.end())]);
  }

  /** Drops every session and room, as a killed process does; a store keeps its data. */
  crash(): void {
    this.#options.balance?.crash();
    this.#options.storedSessions?.stop();
    this.#options.sessions.crash();
    this.#options.memory.crash();
    for (const service of this.#services) service.crash();
    for (const { routes } of this.#mounts) routes.crash();
  }

  /** Asks every client to reconnect elsewhere within `within` ms, in mounted apps too. */
  drain(within: number): void {
    this.#draining = true;
    this.#options.balance?.stop();
    this.#options.connections.drain(within);
    for (const { routes } of this.#mounts) routes.drain(within);
  }

  get connected(): number {
    return this.gauges.connected;
  }

  moveAway(count: number, within: number): number {
    const asked = this.#options.connections.moveAway(count, within);
    return this.#mounts.reduce((sum, { routes }) => sum + routes.moveAway(count - sum, within), asked);
  }

  /** The present load, with that of mounted apps. */
  get gauges(): Omit<Gauges, "pendingHandshakes"> {
    const { sessions, connections } = this.#options;
    return this.#mounts.reduce(
      (sum, { routes: { gauges } }) => ({
        connected: sum.connected + gauges.connected,
        detached: sum.detached + gauges.detached,
        detachedBytes: sum.detachedBytes + gauges.detachedBytes,
      }),
      { ...connections.count, detachedBytes: sessions.detachedBytes },
    );
  }

  /** Whether the server shuts down: its clients are to connect elsewhere, or have to go. */
  get draining(): boolean {
    return this.#draining;
  }

  /** How many connections sessions had, by how each began, with those of mounted apps. */
  get sessionCounts(): Sessions["counts"] {
    return this.#mounts.reduce(
      (sum, { routes: { sessionCounts } }) => ({
        new: sum.new + sessionCounts.new,
        resumed: sum.resumed + sessionCounts.resumed,
        reset: sum.reset + sessionCounts.reset,
      }),
      this.#options.sessions.counts,
    );
  }

  /** Ends every connection and session of a principal, stored sessions and mounted apps too. Calls `onStoreError` when a store fails. */
  revoke(principal: string, error: CloseError, onStoreError: (failure: unknown) => void): void {
    const { connections, storedSessions } = this.#options;
    connections.revoke(principal, error);
    storedSessions?.revoke(principal, error).catch(onStoreError);
    for (const { routes } of this.#mounts) routes.revoke(principal, error, onStoreError);
  }

  /** Whether a route is at this path. */
  serves(pathname: string): boolean {
    return this.socketAt(pathname) !== undefined || this.httpAt(pathname) !== undefined;
  }

  /** The paths of the WebSocket or HTTP routes as they were declared, those of mounted apps with their prefixes. */
  patterns(kind: "socket" | "http"): string[] {
    const { patterns } = kind === "socket" ? this.#sockets : this.#http;
    const mounted = ({ prefix, routes }: Mount): string[] =>
      routes.patterns(kind).map((pattern) => joinPatterns(prefix, pattern));
    return [...patterns, ...this.#mounts.flatMap(mounted)];
  }

  /** The WebSocket route at a path, or undefined. */
  socketAt(pathname: string): RouteMatch<SocketRoute> | undefined {
    const own = this.#sockets.find(pathname);
    if (own !== undefined) return own;
    return this.#findMounted(pathname, (routes, rest, { socket }) => {
      const found = routes.socketAt(rest);
      if (found === undefined) return undefined;
      const { outer } = found.route;
      const codecs = outer.codecs ?? this.#options.codecs;
      return {
        ...found,
        route: { ...found.route, outer: { socket: { ...socket, ...outer.socket }, codecs } },
      };
    });
  }

  /** The HTTP route at a path, or undefined. */
  httpAt(pathname: string): RouteMatch<HttpRoute> | undefined {
    return this.#http.find(pathname) ?? this.#findMounted(pathname, (routes, rest) => routes.httpAt(rest));
  }

  #leadsTo(routes: Routes): boolean {
    return this === routes || this.#mounts.some((mount) => mount.routes.#leadsTo(routes));
  }

  #findMounted<Route extends { readonly hooks: readonly AnyHook[] }>(
    pathname: string,
    find: (routes: Routes, rest: string, mount: Mount) => RouteMatch<Route> | undefined,
  ): RouteMatch<Route> | undefined {
    const parts = pathname.split("/");
    for (const mount of this.#mounts) {
      const { prefix, hooks, routes } = mount;
      const bare = prefix.pattern === "/";
      const depth = bare ? 1 : prefix.pattern.split("/").length;
      if (!bare && prefix.match(parts.slice(0, depth).join("/")) === undefined) continue;
      const found = find(routes, `/${parts.slice(depth).join("/")}`, mount);
      if (found === undefined) continue;
      return {
        ...found,
        pattern: joinPatterns(prefix, found.pattern),
        route: { ...found.route, hooks: [...hooks, ...found.route.hooks] },
      };
    }
    return undefined;
  }
}

function joinPatterns({ pattern }: PathPattern, inner: string): string {
  return pattern === "/" ? inner : pattern + (inner === "/" ? "" : inner);
}
