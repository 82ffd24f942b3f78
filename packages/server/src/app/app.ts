import {
  type AnyContract,
  CloseCode,
  CloseError,
  type FrameCodec,
  type ParamsOutput,
  type QueryOutput,
} from "@symbolon/protocol";
import { checkCloseCode } from "@symbolon/protocol/internal";
import type { Accept } from "../request/exchange.ts";
import { type Clock, SystemClock } from "../timing/clock.ts";
import { toLogLine, isClientError } from "../request/client-errors.ts";
import type { BaseContext, Context, HookContext } from "../request/context.ts";
import { Dispatcher, type DispatchOptions, type HandshakeOptions, type Track } from "./dispatch.ts";
import { type Close, type ErrorContext, type OnError, report } from "../request/errors.ts";
import { type HeartbeatOptions, resolveHeartbeat } from "../timing/heartbeat.ts";
import type { AnyHook, Hook, ReservedContextKey, Provided } from "../request/hook.ts";
import type { HostOptions } from "../access/host.ts";
import { ContractService, type Service, type ServiceOptions } from "../contract/service.ts";
import type { SocketRoom } from "../socket/socket-rooms.ts";
import { type LimitOptions, resolveLimits } from "../access/limits.ts";
import type { OriginOptions } from "../access/origin.ts";
import { Sessions, type SessionOptions } from "../session/sessions.ts";
import type { SocketHandler } from "../socket/serve-socket.ts";
import { type Gauges, type HttpHandler, Routes } from "./routes.ts";
import type { SessionLink } from "../session/session-link.ts";
import type { ImplementOptions, Setup } from "../contract/setup.ts";
import {
  type Merged,
  mergeDefaults,
  pickSocketDefaults,
  type Exact,
  type SocketDefaults,
  type SocketOf,
  type SocketRouteOptions,
} from "../socket/socket-options.ts";
import { Connections } from "../access/connections.ts";
import type { Store } from "../store/store.ts";
import { expireStoredSessions } from "../session/stored-sessions.ts";

/** What an app is made of; every option has a safe default. */
export interface AppOptions<State = undefined> extends OriginOptions, HostOptions, SocketDefaults {
  /** What the app's hooks and handlers share, as `state` in their context: pools, stores, settings. Default undefined. */
  readonly state?: State;
  /** When the server pings a silent client, and when it closes the connection. */
  readonly heartbeat?: HeartbeatOptions;
  /** The largest message a client may send, in bytes. Default 65,536; a larger one closes with 1009. */
  readonly maxPayload?: number;
  /** How the sessions of contracts wait for clients that are away. Default 120 s. */
  readonly sessions?: SessionOptions;
  /** Where sessions and rooms survive a restart: `fileStore` of `@symbolon/server/file`. Default: in memory. */
  readonly store?: Store;
  /** How many clients there may be at once: in all, from one address, and of one principal. */
  readonly limits?: LimitOptions;
  /** How long, and for how many, a handshake may stay undecided. Default 10,000 ms, and 1,000 at once. */
  readonly handshake?: HandshakeOptions;
  /**
   * In what contracts are spoken besides JSON, the best first: `[msgpack]` of `@symbolon/protocol/msgpack`. A client
   * that offers none of these speaks JSON. Default none.
   */
  readonly codecs?: readonly FrameCodec[];
  /** Answers every HTTP request that no `app.http` route takes: `hono.fetch`, for example. */
  readonly fetch?: (request: Request) => Response | Promise<Response>;
  /** Told of errors, those of mounted apps too; may answer them. Default: `console.error`, without the query of the URL, and in one line for what the client did wrong. */
  readonly onError?: OnError;
  /** Time, for tests. Default: the system's. */
  readonly clock?: Clock;
}

/** What the handlers of raw routes have besides the request. */
export interface RawContext {
  /** Finds a room of the app's raw routes. */
  readonly room: (name: string) => SocketRoom;
}

type Merge<A, B> = B extends Provided ? A & B : A;

/** What a hook may provide where hooks provided `P` before: nothing that the context has already. */
type New<P> = (Provided & { readonly [Name in ReservedContextKey | keyof P]?: never }) | void;

/** The builder one holds: routes, the hooks they run, and the two functions by which a transport serves it. */
export interface App<P extends object = object, L extends object = object> {
  /**
   * A narrower view of the same app: routes declared on it run `hook`, after those of this view. Hooks run for the
   * routes that are found, when the route's schemas have passed: for an unknown path none does. They read the request
   * as it came. A name that the context has already cannot be provided: the compiler says so, and a TypeError does when
   * the hook runs.
   * Two names have a meaning: `principal`, a string, says who the caller is, and `expiresAt`, a number, until when its
   * credential is good, in ms since the epoch. A session is asked for a fresh one before that; anybody else is closed with
   * 4401. An `expiresAt` in the past refuses with 401; one that is no number means nothing to the app.
   */
  readonly use: <Given extends New<P> = void>(hook: Hook<HookContext & P, Given>) => App<Merge<P, Given>, L>;
  /**
   * Another view of the same app, whose raw routes speak as `layer` says where they do not say it themselves.
   * Throws TypeError for an option that does not exist, RangeError for an idle timeout that is no time.
   */
  readonly with: <const Over extends SocketDefaults>(
    layer: Over & Exact<Over, SocketDefaults>,
  ) => App<P, Merged<L, Over>>;
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
      options: Options & Exact<Options, SocketRouteOptions>,
      handler: SocketHandler<SocketOf<Merged<L, Options>>, Context<Path, Options> & RawContext & P>,
    ): void;
  };
  /** Answers HTTP at a path; a WebSocket route may be at the same one. */
  readonly http: <const Path extends string>(path: Path, handler: HttpHandler<Context<Path> & P>) => void;
  /** Serves a contract. Throws TypeError when a WebSocket route is at its path already, RangeError for a bound that is none. */
  readonly implement: {
    <C extends AnyContract>(contract: C, setup: Setup<C, ContractContext<C> & P>): Service<C>;
    <C extends AnyContract>(
      contract: C,
      options: ImplementOptions<C>,
      setup: Setup<C, ContractContext<C> & P>,
    ): Service<C>;
  };
  /** Finds a room of the app's raw routes, from anywhere; those of a mounted app are its own. */
  readonly room: (name: string) => SocketRoom;
  /** Serves another app's routes below a prefix, or by "/" without one; its routes run this view's hooks first, and keep their own `state`. Which requests are answered, and how errors are, is said by the app that is served. */
  readonly mount: (prefix: string, other: Pick<App, "fetch" | "handshake">) => void;
  /** Whether any route is at this path. */
  readonly serves: (pathname: string) => boolean;
  /** Answers an HTTP request. Never rejects. */
  readonly fetch: (request: Request) => Promise<Response>;
  /**
   * Answers a WebSocket handshake: resolves with a refusing response, or with undefined once it was accepted. `track` is
   * told what resolves when the handler and its hooks have ended. Never rejects.
   */
  readonly handshake: (request: Request, accept: Accept, track?: Track) => Promise<Response | undefined>;
  /**
   * Ends every session, with or without its client: the server is leaving. Resolves when the code after their handlers and
   * their hooks' endings have run; those in a store may go on elsewhere then. A transport calls it when it closes.
   */
  readonly end: () => Promise<void>;
  /**
   * Asks everyone to go elsewhere within `within` ms, each at another time: sessions by `goaway`, others by a close with
   * 1012. A transport calls it before it closes.
   */
  readonly drain: (within: number) => void;
  /**
   * Ends every session and every socket whose hooks provided this `principal`, those whose client is away too, with
   * `close`: 4403 "revoked" unless given, upon which a client of ours ends; with 4401 it asks `getToken` once and begins
   * a new session. What was said and not handled is not handled any more. Sessions that only the store has end soon after:
   * `onError` is told when the store fails. Who comes back meets the hooks: it is they who refuse a revoked credential;
   * whom they let pass begins anew, told `reset` with why `unknown`. Throws RangeError for a code that cannot be sent.
   */
  readonly revoke: (principal: string, close?: Close) => void;
  /** What the app has to do with now, for a monitor. The apps that are mounted are in it. */
  readonly gauges: () => Gauges;
  /** The largest message a client may send, in bytes. */
  readonly maxPayload: number;
  /** How many clients there may be at once. */
  readonly limits: Required<LimitOptions>;
}

/** The context of a contract's setup. */
export interface ContractContext<C extends AnyContract> extends BaseContext {
  readonly params: ParamsOutput<C>;
  readonly query: QueryOutput<C>;
  readonly headers: Headers;
  readonly cookies: Readonly<Record<string, string>>;
  /** True when the session goes on after a restart: what the setup before had in memory is gone. */
  readonly resumed?: boolean;
}

/** Makes an app: the place where routes are declared. */
export function createApp<State = undefined, Layer extends SocketDefaults = object>(
  options: AppOptions<State> & Layer = {} as AppOptions<State> & Layer, // without options both are their defaults
): App<{ readonly state: State }, Pick<Layer, keyof Layer & keyof SocketDefaults>> {
  const { clock = new SystemClock(), maxPayload = 65_536 } = options;
  const heartbeat = resolveHeartbeat(options.heartbeat);
  const parking = new Sessions<SessionLink>(clock, options.sessions);
  const onError = options.onError ?? logError;
  const storeFailed = (error: unknown): void =>
    void report(onError, error, { request: new Request("symbolon:store"), phase: "ending" });
  if (options.store !== undefined)
    void expireStoredSessions(options.store, clock, parking.options.grace, storeFailed);
  const visitors = new Connections(clock, resolveLimits(options.limits).perPrincipal);
  const routes = new Routes({
    clock,
    heartbeat,
    sessions: parking,
    connections: visitors,
    store: options.store,
  });
  const state: AnyHook = (context: Record<string, unknown>) => {
    context["state"] = options.state; // the innermost app's own, below a mount
  };
  const inside = {
    routes,
    state,
    options: {
      ...options,
      onError,
      onStoreError: storeFailed,
      clock,
      heartbeat,
      maxPayload,
      sessions: parking,
      connections: visitors,
    },
  };
  return view(
    inside,
    [state],
    mergeDefaults({}, pickSocketDefaults(options)),
    new Dispatcher(routes, inside.options),
  );
}

/** What an app is made of, for those who serve it in another way. */
export interface AppInternals {
  readonly routes: Routes;
  /** Gives the context its `state`. */
  readonly state: AnyHook;
  readonly options: DispatchOptions & ServiceOptions & Pick<AppOptions, "limits">;
}

const insides = new WeakMap<object, AppInternals>();

/** Serves the routes of an app by other options. */
export function createDispatcher(
  inside: AppInternals,
  change: Partial<DispatchOptions>,
): Pick<App, "fetch" | "handshake"> {
  return new Dispatcher(inside.routes, { ...inside.options, ...change });
}

/** What an app is made of. Throws TypeError when it is none that `createApp` made; `taker` is who says so. */
export function internalsOf(app: object, taker: string): AppInternals {
  const inside = insides.get(app);
  if (inside === undefined) throw new TypeError(`${taker} takes an app made by createApp`);
  return inside;
}

function view<P extends object, L extends object>(
  inside: AppInternals,
  hooks: readonly AnyHook[],
  layer: SocketDefaults,
  served: Dispatcher,
): App<P, L> {
  const { routes, options } = inside;
  const ws = (path: string, ...rest: [unknown, unknown?]): void => {
    const [own, handler] = rest.length === 1 ? [{}, rest[0]] : rest;
    const options = own as SocketRouteOptions;
    routes.addSocket(path, hooks, options, {
      handler: handler as never,
      defaults: mergeDefaults(layer, options),
    });
  };
  const app: App<P, L> = {
    use: (hook) => view(inside, [...hooks, hook], layer, served),
    with: (over) => view(inside, hooks, mergeDefaults(layer, over), served),
    ws,
    http: (path, handler) => routes.addHttp(path, hooks, handler),
    implement: <C extends AnyContract>(contract: C, ...rest: [unknown, unknown?]) => {
      const [own, setup] = rest.length === 1 ? [{}, rest[0]] : rest;
      const service = new ContractService(
        contract,
        setup as Setup<C, never>,
        options,
        own as ImplementOptions<C>,
      );
      routes.addContract(hooks, service);
      return service;
    },
    mount: (prefix, other) => routes.mount(prefix, hooks, internalsOf(other, "mount").routes),
    room: routes.room,
    serves: (pathname) => routes.serves(pathname),
    fetch: (request) => served.fetch(request),
    handshake: (request, accept, track) => served.handshake(request, accept, track),
    end: () => routes.end(),
    drain: (within) => routes.drain(within),
    revoke: (principal, { code, reason } = { code: CloseCode.Forbidden, reason: "revoked" }) => {
      checkCloseCode(code);
      routes.revoke(principal, new CloseError(code, reason), options.onStoreError);
    },
    gauges: () => ({ ...routes.gauges, pendingHandshakes: served.deciding }),
    maxPayload: options.maxPayload,
    limits: resolveLimits(options.limits),
  };
  insides.set(app, inside);
  return app;
}

function logError(error: unknown, { request }: ErrorContext): void {
  const { pathname } = new URL(request.url);
  const where = `symbolon: error at ${JSON.stringify(pathname.slice(0, 256))}`;
  if (isClientError(error)) console.error(`${where}: ${toLogLine(error)}`);
  else console.error(where, error);
}
