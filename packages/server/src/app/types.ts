import type { AnyContract, FrameCodec, ParamsOutput, QueryOutput } from "@symbolon/protocol";
import type { LimitOptions } from "../access/limits.ts";
import type { SecurityOptions } from "../access/origin.ts";
import type { ImplementOptions, Service, Setup } from "../contract/setup.ts";
import type { Accept } from "../request/acceptance.ts";
import type { BaseContext, Context, HookContext } from "../request/context.ts";
import type { Close, OnError } from "../request/errors.ts";
import type { Hook, Provided, ReservedContextKey } from "../request/hook.ts";
import type { ProvidedIdentity } from "../request/identity.ts";
import type { SessionOptions } from "../session/sessions.ts";
import type { SocketHandler } from "../socket/serve-socket.ts";
import type { Exact, Merged, SocketOptions, SocketOf, SocketRouteOptions } from "../socket/socket-options.ts";
import type { SocketRoom } from "../socket/socket-rooms.ts";
import type { Store } from "../store/store.ts";
import type { Clock } from "../timing/clock.ts";
import type { HeartbeatOptions } from "../timing/heartbeat.ts";
import type { Track } from "./dispatch.ts";
import type { HandshakeOptions } from "./dispatch-options.ts";
import type { HttpHandler } from "./route.ts";
import type { Gauges } from "./routes.ts";

/** The options of an app; each has a safe default. */
export interface AppOptions<State = undefined, Defaults extends SocketOptions = SocketOptions> {
  /**
   * What the hooks and handlers share, as `state` in their context: pools, stores, settings.
   * @default undefined
   */
  readonly state?: State | undefined;
  /** Which pages may connect, and by which host names the app may be reached. */
  readonly security?: SecurityOptions | undefined;
  /** How raw routes read and write, unless a view or a route sets it. */
  readonly socket?: Defaults & Exact<Defaults, SocketOptions>;
  /** How sessions of contracts wait for disconnected clients. */
  readonly sessions?: SessionOptions | undefined;
  /** How many clients may be connected at once (to one server, from one address, of one principal), how fast and how slowly they may send, and what they may keep together. */
  readonly limits?: LimitOptions | undefined;
  /** How long hooks and handlers may decide a handshake, and how many may be undecided at once. */
  readonly handshake?: HandshakeOptions | undefined;
  /** When the server pings a silent client, and when it closes the connection. */
  readonly heartbeat?: HeartbeatOptions | undefined;
  /**
   * The largest message that a client may send, in bytes; a larger one closes with 1009.
   * @default 65_536
   */
  readonly maxPayload?: number | undefined;
  /**
   * The codecs of contracts besides JSON, the best first: `[msgpack]` of `@symbolon/protocol/msgpack`. The codec that a
   * contract declares comes before them. A client that offers none of them uses JSON.
   * @default []
   */
  readonly codecs?: readonly FrameCodec[] | undefined;
  /**
   * Where sessions and rooms survive a restart: `fileStore` of `@symbolon/server/file`.
   * @default in memory
   */
  readonly store?: Store | undefined;
  /**
   * Answers each HTTP request that has no `app.http` route: `hono.fetch`, for example.
   * @default 426 where a WebSocket route is, else 404
   */
  readonly fetch?: ((request: Request) => Response | Promise<Response>) | undefined;
  /**
   * Called with errors, those of mounted apps too; it may answer them.
   * @default `console.error`: the path without the query, and one line for a client's mistake; `console.warn` for a client that the server itself refused
   */
  readonly onError?: OnError | undefined;
  /**
   * The time, for tests.
   * @default the system's
   */
  readonly clock?: Clock | undefined;
}

/** What the handlers of raw routes have besides the request. */
export interface RawContext {
  /** Finds a room of the app's raw routes. */
  readonly room: (name: string) => SocketRoom;
}

/** The context of a contract's setup. */
export interface ContractContext<C extends AnyContract> extends BaseContext {
  /** The path's parameters, as the contract's schema reads them. */
  readonly params: ParamsOutput<C>;
  /** The query, as the contract's schema reads it. */
  readonly query: QueryOutput<C>;
  /** The headers. */
  readonly headers: Headers;
  /** The cookies. */
  readonly cookies: Readonly<Record<string, string>>;
  /** True when the session is resumed after a restart: what the earlier setup kept in memory is lost. */
  readonly resumed?: boolean;
}

type Merge<A, B> = B extends Provided ? A & B : A;

type NoIdentity = { readonly principal?: never; readonly expiresAt?: never };

/** What a hook may provide where earlier hooks provided `P`: no name that the context has already. */
type NewlyProvided<P> =
  | (Provided & (ProvidedIdentity | NoIdentity) & { readonly [Name in ReservedContextKey | keyof P]?: never })
  | void;

/** A builder of routes with the hooks that they run. A transport serves it by `fetch` and `handshake`. */
export interface App<P extends object = object, Defaults extends object = object> {
  /**
   * Every route that is declared after this call, here and in the groups of this view, runs `hook` after the hooks before it;
   * on the view that `createApp` returns an unknown path does too. Routes that were declared before do not. Hooks run once
   * the schemas of the route have accepted the request. A hook reads the request as it arrived, and names the caller by
   * `identity`. It cannot provide a name that the context has already: that is a compile error, and a TypeError when the hook
   * runs.
   * @returns the same view, whose type knows what the hook provides.
   *
   * @example
   *   const members = app.use(({ token }) => {
   *     const user = users.get(token);
   *     return user ? { user, ...identity({ principal: user.id }) } : new Response("Sign in first", { status: 401 });
   *   });
   *   members.ws("/secret", (socket, { user }) => socket.send(`hello, ${user.name}`));
   */
  readonly use: <Given extends NewlyProvided<P> = void>(
    hook: Hook<HookContext & P, Given>,
  ) => App<Merge<P, Given>, Defaults>;
  /**
   * Another view of the same app: the routes that are declared on it run `hook`, after the hooks of this view; those of this
   * view do not run it.
   *
   * @example
   *   const members = app.group(signedIn);
   *   members.ws("/secret", (socket, { user }) => socket.send(`hello, ${user}`));
   *   app.ws("/open", (socket) => socket.send("hello"));
   */
  readonly group: <Given extends NewlyProvided<P> = void>(
    hook: Hook<HookContext & P, Given>,
  ) => App<Merge<P, Given>, Defaults>;
  /**
   * Another view of the same app, with other defaults for its raw routes.
   * @throws TypeError for an unknown option, RangeError for an invalid time or size.
   */
  readonly with: <const Over extends SocketOptions>(
    defaults: Over & Exact<Over, SocketOptions>,
    // Not `Merged`: a user's declarations can name only types of the entry.
  ) => App<P, Omit<Defaults, keyof Over> & Over>;
  /**
   * Serves raw WebSockets at a path.
   * @throws TypeError when a WebSocket route is at the path already or an option is unknown, RangeError for an invalid time
   * or size.
   */
  readonly ws: {
    <const Path extends string>(
      path: Path,
      handler: SocketHandler<SocketOf<Defaults>, Context<Path> & RawContext & P>,
    ): void;
    <const Path extends string, const Options extends SocketRouteOptions>(
      path: Path,
      options: Options & Exact<Options, SocketRouteOptions>,
      handler: SocketHandler<SocketOf<Merged<Defaults, Options>>, Context<Path, Options> & RawContext & P>,
    ): void;
  };
  /** Answers HTTP at a path; a WebSocket route may be at the same path. */
  readonly http: <const Path extends string>(path: Path, handler: HttpHandler<Context<Path> & P>) => void;
  /**
   * Serves a contract.
   * @throws TypeError when a WebSocket route is at its path already, when another version of the protocol made the contract,
   * or when an option cannot be; RangeError for an invalid limit.
   */
  readonly implement: {
    <C extends AnyContract>(contract: C, setup: Setup<C, ContractContext<C> & P>): Service<C>;
    <C extends AnyContract>(
      contract: C,
      options: ImplementOptions<C, ContractContext<C> & P>,
      setup: Setup<C, ContractContext<C> & P>,
    ): Service<C>;
  };
  /** Finds a room of the app's raw routes, from anywhere; a mounted app has other rooms. */
  readonly room: (name: string) => SocketRoom;
  /**
   * Serves the routes of another app below a prefix; "/" adds no prefix. They run the hooks of this view first, and keep
   * their own `state`. What this view sets for its routes (`socket` of `createApp`, `with`) and the `codecs` of this app hold
   * for them too, where nothing nearer sets it. The options of this app decide which requests are answered, and how errors
   * are.
   */
  readonly mount: (prefix: string, other: Pick<App, "fetch" | "handshake">) => void;
  /** Whether a route is at this path. */
  readonly serves: (pathname: string) => boolean;
  /** Answers an HTTP request. Never rejects. */
  readonly fetch: (request: Request) => Promise<Response>;
  /**
   * Answers a WebSocket handshake, for a transport: resolves with a refusing response, or with undefined once the
   * handshake was accepted. Calls `track` with a promise that resolves when the server has finished with the connection.
   * Never rejects.
   */
  readonly handshake: (request: Request, accept: Accept, track?: Track) => Promise<Response | undefined>;
  /**
   * Ends every session, connected or detached, since the server stops. Resolves when the code after the setups' `yield`
   * and the ends of the hooks have run; another server may resume the sessions of a store then. A transport calls it when
   * it closes.
   */
  readonly end: () => Promise<void>;
  /**
   * Asks every client to reconnect elsewhere within `within` ms, each at another time: sessions by `goaway`, other
   * connections by a close with 1012. A transport calls it before it closes.
   */
  readonly drain: (within: number) => void;
  /**
   * Ends every session and every socket of a `principal`, detached sessions too. Messages that were received but not
   * handled are dropped. By default the close is 4403 "revoked", after which our client does not reconnect; after 4401 it
   * calls `getToken` once and begins a new session. Sessions of the store end soon after, and the processes that have them close
   * their clients in the same way; `onError` is called when the store fails. A client that reconnects runs through the hooks,
   * which must refuse a revoked credential; a client that they accept begins a new session, and receives `reset` with the
   * reason `unknown`.
   * @throws RangeError for a close code that may not be sent.
   */
  readonly revoke: (principal: string, close?: Close) => void;
  /** The present load of the app and of the apps that are mounted in it, for a monitor. */
  readonly gauges: () => Gauges;
  /** The largest message that a client may send, in bytes. */
  readonly maxPayload: number;
  /** How many clients may be connected at once, how fast and how slowly they may send, and what they may keep together. */
  readonly limits: Required<LimitOptions>;
}
