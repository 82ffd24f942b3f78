import type { AnyContract, ParamsOutput, QueryOutput, Sent } from "@symbolon/protocol";
import type { Accept, OnError } from "./attempt.ts";
import { type Clock, SystemClock } from "./clock.ts";
import type { BaseContext, Context, RouteSchemas } from "./context.ts";
import type { HeartbeatOptions } from "./heartbeat.ts";
import type { AnyHook, Hook, Provided } from "./hook.ts";
import type { Setup } from "./conversation.ts";
import { ContractService, type Service } from "./implement.ts";
import type { OriginOptions } from "./origin.ts";
import type { SocketHandler } from "./raw.ts";
import type { BroadcastOptions, Room } from "./room.ts";
import { type HttpHandler, Routes } from "./routes.ts";
import type { Socket } from "./server-socket.ts";
import {
  type Layered,
  layered,
  layerOf,
  type NoOthers,
  type SocketLayer,
  type SocketOf,
  type SocketRouteOptions,
} from "./socket-options.ts";

/** What an app is made of; every option has a safe default. */
export interface AppOptions extends OriginOptions, SocketLayer {
  /** When silent clients are asked and given up. Default 25,000 ms of silence, then 10,000 ms to answer. */
  readonly heartbeat?: HeartbeatOptions;
  /** The largest message a client may send, in bytes. Default 65,536; a larger one closes with 1009. */
  readonly maxPayload?: number;
  /** Answers every HTTP request that no `app.http` route takes: `hono.fetch`, for example. */
  readonly fetch?: (request: Request) => Response | Promise<Response>;
  /** Told of errors that no client is told of. Default: `console.error`, without the query of the URL. */
  readonly onError?: OnError;
  /** Time, for tests. Default: the system's. */
  readonly clock?: Clock;
}

/** The rooms of an app's raw routes. */
export type SocketRoom = Room<
  Socket<unknown, never>,
  (value: unknown, options?: BroadcastOptions<Socket<unknown, never>>) => Sent
>;

/** What the handlers of raw routes have besides the request. */
export interface RawContext {
  /** Finds a room of the app's raw routes. */
  readonly room: (name: string) => SocketRoom;
}

type Merge<A, B> = B extends Provided ? A & B : A;

/** The builder one holds: routes, the hooks they run, and the two functions by which a transport serves it. */
export interface App<P extends object = object, L extends object = object> {
  /** A narrower view of the same app: routes declared on it run `hook`, after those of this view. */
  readonly use: <Given extends Provided | void = void>(
    hook: Hook<Context<string, RouteSchemas> & P, Given>,
  ) => App<Merge<P, Given>, L>;
  /**
   * Another view of the same app, whose raw routes speak as `layer` says where they do not say it themselves.
   * Throws TypeError for an option that does not exist, RangeError for an idle timeout that is no time.
   */
  readonly with: <const Over extends SocketLayer>(
    layer: Over & NoOthers<Over, SocketLayer>,
  ) => App<P, Layered<L, Over>>;
  /**
   * Serves raw WebSockets at a path. Throws TypeError when a WebSocket route is there already or an option does not
   * exist, RangeError for an idle timeout that is no time.
   */
  readonly ws: {
    <const Path extends string>(
      path: Path,
      handler: SocketHandler<SocketOf<L>, Context<Path> & RawContext & P>,
    ): void;
    <const Path extends string, const Options extends SocketRouteOptions>(
      path: Path,
      options: Options & NoOthers<Options, SocketRouteOptions>,
      handler: SocketHandler<SocketOf<Layered<L, Options>>, Context<Path, Options> & RawContext & P>,
    ): void;
  };
  /** Answers HTTP at a path; a WebSocket route may be at the same one. */
  readonly http: <const Path extends string>(path: Path, handler: HttpHandler<Context<Path> & P>) => void;
  /** Serves a contract. Throws TypeError when a WebSocket route is at its path already. */
  readonly implement: <C extends AnyContract>(
    contract: C,
    setup: Setup<C, ContractContext<C> & P>,
  ) => Service<C>;
  /** Serves another app's routes below a prefix; its routes run this view's hooks first. */
  readonly mount: (prefix: string, other: Pick<App, "fetch" | "handshake">) => void;
  /** Whether any route is at this path. */
  readonly serves: (pathname: string) => boolean;
  /** Answers an HTTP request. Never rejects. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Answers a WebSocket handshake: resolves with a refusing response, or with undefined once it was accepted. Never rejects. */
  readonly handshake: (request: Request, accept: Accept) => Promise<Response | undefined>;
  /** The largest message a client may send, in bytes. */
  readonly maxPayload: number;
}

/** The context of a contract's setup. */
export interface ContractContext<C extends AnyContract> extends BaseContext {
  readonly params: ParamsOutput<C>;
  readonly query: QueryOutput<C>;
  readonly headers: Headers;
  readonly cookies: Readonly<Record<string, string>>;
}

/** Makes an app: the place where routes are declared. */
export function createApp(): App;
export function createApp<const Options extends AppOptions>(
  options: Options,
): App<object, Pick<Options, keyof Options & keyof SocketLayer>>;
export function createApp(options: AppOptions = {}): App {
  const onError: OnError = options.onError ?? logError;
  const clock = options.clock ?? new SystemClock();
  const heartbeat = options.heartbeat ?? { interval: 25_000, timeout: 10_000 };
  const routes = new Routes({ ...options, onError, clock, heartbeat });
  const layer = layered({}, layerOf(options));
  return view(routes, [], options.maxPayload ?? 65_536, { clock, heartbeat, layer });
}

interface Shared {
  readonly clock: Clock;
  readonly heartbeat: HeartbeatOptions;
  readonly layer: SocketLayer;
}

const routesOf = new WeakMap<object, Routes>();

function view(routes: Routes, hooks: readonly AnyHook[], maxPayload: number, shared: Shared): App {
  const ws = (path: string, ...rest: [unknown, unknown?]): void => {
    const [own, handler] = rest.length === 1 ? [{}, rest[0]] : rest;
    const options = own as SocketRouteOptions;
    routes.addSocket(path, hooks, options, {
      handler: handler as never,
      layer: layered(shared.layer, options),
    });
  };
  const app: App = {
    use: (hook) => view(routes, [...hooks, hook], maxPayload, shared) as never,
    with: (layer) => view(routes, hooks, maxPayload, { ...shared, layer: layered(shared.layer, layer) }),
    ws,
    http: (path, handler) => routes.addHttp(path, hooks, handler),
    implement: (contract, setup) => {
      const service = new ContractService(contract, setup, shared);
      routes.addContract(hooks, service);
      return service;
    },
    mount: (prefix, other) => {
      const inner = routesOf.get(other);
      if (inner === undefined) throw new TypeError("mount takes an app made by createApp");
      routes.mount(prefix, hooks, inner);
    },
    serves: (pathname) => routes.serves(pathname),
    fetch: (request) => routes.fetch(request),
    handshake: (request, accept) => routes.handshake(request, accept),
    maxPayload,
  };
  routesOf.set(app, routes);
  return app;
}

function logError(error: unknown, { request }: { readonly request: Request }): void {
  const { pathname } = new URL(request.url);
  console.error(`symbolon: error at ${JSON.stringify(pathname.slice(0, 256))}`, error);
}
