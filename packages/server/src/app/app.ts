import { type AnyContract, CloseCode, CloseError } from "@symbolon/protocol";
import { checkCloseCode, checkContract } from "@symbolon/protocol/internal";
import { Balance } from "../access/balance.ts";
import { HandlerSlots } from "../access/handler-slots.ts";
import { Connections } from "../access/connections.ts";
import { Traffic } from "../access/traffic.ts";
import { FailedResumes } from "../access/failed-resumes.ts";
import { type LimitOptions, resolveLimits } from "../access/limits.ts";
import { ContractService } from "../contract/service.ts";
import type { ServiceOptions } from "../contract/service-options.ts";
import type { ImplementOptions, Setup } from "../contract/setup.ts";
import { type ErrorContext, isClientError, report, toLogLine } from "../request/errors.ts";
import { RefusedError } from "../request/refusal.ts";
import type { AnyHook } from "../request/hook.ts";
import { parseRequest } from "../request/parsed-request.ts";
import { checkFunction } from "../request/response.ts";
import type { SessionLink } from "../session/session-link.ts";
import { Sessions } from "../session/sessions.ts";
import { StoredSessions } from "../session/stored-sessions.ts";
import { mergeSocketOptions, type SocketOptions, type SocketRouteOptions } from "../socket/socket-options.ts";
import { memoryStore } from "../store/memory/memory-store.ts";
import type { AnnouncementsOptions } from "../store/announcements.ts";
import type { Store } from "../store/store.ts";
import { SystemClock } from "../timing/clock.ts";
import { resolveHeartbeat } from "../timing/heartbeat.ts";
import { checkOptions } from "./check-options.ts";
import { Dispatcher } from "./dispatch.ts";
import type { DispatchOptions } from "./dispatch-options.ts";
import { Routes } from "./routes.ts";
import { findTraceLog, traceHandshakes } from "./trace.ts";
import type { App, AppOptions } from "./types.ts";

/** The parts of an app, for a transport that serves them with other options. */
export interface AppInternals {
  /** The routes of all views. */
  readonly routes: Routes;
  /** The hook that provides `state`. */
  readonly state: AnyHook;
  /** The views that `group` has made. */
  readonly groups: ViewHooks[];
  /** The options, with their defaults. */
  readonly options: DispatchOptions &
    ServiceOptions & { readonly limits: Required<LimitOptions>; readonly traffic: Traffic };
  /** What answers its requests. */
  readonly dispatcher: Dispatcher;
  /** Answers a handshake, and traces it. */
  readonly handshake: Dispatcher["handshake"];
}

const internals = new WeakMap<object, AppInternals>();
/** The hooks by which apps provide `state`: users have not written them. */
const stateHooks = new WeakSet<AnyHook>();
/** Marks the apps of every copy of this package. */
const brand: unique symbol = Symbol.for("symbolon.app");

/**
 * Makes an app, on which routes are declared.
 * @throws TypeError for an unknown option, and for a value that the option cannot have; RangeError for an idle timeout that is not above 0.
 * @example
 *   const app = createApp({ limits: { perAddress: 20 } });
 *   app.ws("/echo", listen((message) => message));
 *   await serve(app, { port: 3000 });
 */
export function createApp<State = undefined, Defaults extends SocketOptions = object>(
  given: AppOptions<State, Defaults> = {},
): App<{ readonly state: State }, Defaults> {
  const options = checkOptions(given);
  const { security = {}, socket = {}, store, onError = logError, clock = new SystemClock() } = options;
  const { maxPayload = 65_536 } = options;
  const heartbeat = resolveHeartbeat(options.heartbeat);
  const sessions = new Sessions<SessionLink>(clock, options.sessions);
  const onStoreError = (error: unknown): void =>
    void report(onError, error, { request: new Request("symbolon:store"), phase: "ending" });
  const storedSessions =
    store && new StoredSessions(store.sessions, clock, sessions.options.grace, onStoreError);
  const limits = resolveLimits(options.limits);
  const connections = new Connections(clock, limits.perPrincipal);
  const memory = new MemoryRooms(limits.historyBytes);
  const balance = createBalance(sessions.options.balance, store, { clock, onError: onStoreError });
  const routes = new Routes({
    clock,
    balance,
    heartbeat,
    rate: limits,
    sessions,
    connections,
    storedSessions,
    memory,
    codecs: options.codecs,
  });
  const state: AnyHook = (context: Record<string, unknown>) => {
    context["state"] = options.state; // below a mount, the state of the inner app
  };
  stateHooks.add(state);
  const resolved: AppInternals["options"] = {
    ...options,
    security,
    onError,
    onStoreError,
    clock,
    heartbeat,
    maxPayload,
    rate: limits,
    memory,
    slots: new HandlerSlots(limits.handlers, () => storedSessions?.confirm()),
    failedResumes: new FailedResumes(clock, limits.failedResumes),
    limits,
    traffic: new Traffic(),
    sessions,
    storedSessions,
    connections,
  };
  const dispatcher = new Dispatcher(routes, resolved);
  const app: AppInternals = {
    routes,
    state,
    groups: [],
    options: resolved,
    dispatcher,
    handshake: traceHandshakes(dispatcher.handshake, routes, options.codecs ?? [], findTraceLog()),
  };
  routes.hooks.push(state);
  return createView(
    app,
    { hooks: routes.hooks, hasRoutes: false },
    mergeSocketOptions({}, socket, maxPayload),
  );
}

/** @throws TypeError without a store: an app knows no other process then. */
function createBalance(
  isWanted: boolean,
  store: Store | undefined,
  options: Pick<AnnouncementsOptions, "clock" | "onError">,
): Balance | undefined {
  if (!isWanted) return undefined;
  if (store === undefined)
    throw new TypeError("createApp: `sessions.balance` compares the processes of a `store`: set one");
  return new Balance({ ...options, log: store.rooms });
}

/** The rooms of an app without a store. */
class MemoryRooms {
  readonly #bytes: number;
  #store: Store | undefined;

  /** All rooms keep `bytes` together. */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Has the rooms of this process. */
  get store(): Store {
    return (this.#store ??= memoryStore({ bytes: this.#bytes }));
  }

  /** Forgets all rooms, as a process does that dies. */
  crash(): void {
    this.#store = undefined;
  }
}

/** Serves the routes of an app with other options. */
export function createDispatcher(
  { routes, options }: AppInternals,
  changes: Partial<DispatchOptions>,
): Dispatcher {
  return new Dispatcher(routes, { ...options, ...changes });
}

/**
 * The parts of an app.
 * @throws TypeError when `createApp` of this copy did not make it; the error names the function `caller`.
 */
export function internalsOf(app: object, caller: string): AppInternals {
  const found = internals.get(app);
  if (found !== undefined) return found;
  throw new TypeError(
    brand in Object(app)
      ? `${caller} got an app that another copy of @symbolon/server has made: install one version, see \`npm ls @symbolon/server\``
      : `${caller} needs an app made by createApp`,
  );
}

/** The hooks that users have written. */
export function withoutStateHooks(hooks: readonly AnyHook[]): readonly AnyHook[] {
  return hooks.filter((hook) => !stateHooks.has(hook));
}

/** The hooks of a view: those of the view that it is a part of, then its own. */
interface ViewHooks {
  readonly outer?: ViewHooks;
  readonly hooks: AnyHook[];
  /** Whether the view, or a group of it, has a route or an app. */
  hasRoutes: boolean;
}

/** The hooks that a route runs which is declared now. */
function declareRoute(view: ViewHooks): readonly AnyHook[] {
  view.hasRoutes = true;
  return view.outer === undefined ? [...view.hooks] : [...declareRoute(view.outer), ...view.hooks];
}

/** How many groups of an app have no route: their hooks run for no request. */
export function countUnusedGroups({ groups }: AppInternals): number {
  return groups.filter(({ hasRoutes }) => !hasRoutes).length;
}

/** A view of an app: its routes run the hooks that it has when they are declared, and have `defaults`. */
function createView<P extends object, Defaults extends object>(
  app: AppInternals,
  hooks: ViewHooks,
  defaults: SocketOptions,
): App<P, Defaults> {
  const { routes, options, dispatcher } = app;
  const view: App<P, Defaults> = {
    use: (hook) => {
      checkFunction(hook, "the hook of `use`");
      hooks.hooks.push(hook);
      return view as never; // its type knows more
    },
    group: (hook) => {
      checkFunction(hook, "the hook of `group`");
      const group: ViewHooks = { outer: hooks, hooks: [hook], hasRoutes: false };
      app.groups.push(group);
      return createView(app, group, defaults);
    },
    with: (over) => createView(app, hooks, mergeSocketOptions(defaults, over, options.maxPayload)),
    ws: (path: string, ...rest: [unknown, unknown?]): void => {
      const [given, handler] = rest.length === 1 ? [{}, rest[0]] : rest;
      checkFunction(handler, `the handler of the WebSocket route ${JSON.stringify(path)}`);
      const own = given as SocketRouteOptions;
      routes.addSocket(path, declareRoute(hooks), own, {
        handler: handler as never,
        defaults: mergeSocketOptions(defaults, own, options.maxPayload),
      });
    },
    http: (path, handler) => {
      checkFunction(handler, `the handler of the HTTP route ${JSON.stringify(path)}`);
      routes.addHttp(path, declareRoute(hooks), handler);
    },
    implement: <C extends AnyContract>(contract: C, ...rest: [unknown, unknown?]) => {
      const [own, setup] = rest.length === 1 ? [{}, rest[0]] : rest;
      checkContract(contract);
      checkFunction(setup, `the setup of the contract ${JSON.stringify(contract.path)}`);
      const service = new ContractService(
        contract,
        setup as Setup<C, never>,
        options,
        own as ImplementOptions<C>,
      );
      routes.addContract(declareRoute(hooks), service);
      return service;
    },
    mount: (prefix, other) =>
      routes.mount(prefix, internalsOf(other, "app.mount").routes, {
        hooks: declareRoute(hooks),
        socket: defaults,
      }),
    room: routes.room,
    serves: (pathname) => routes.serves(pathname),
    fetch: dispatcher.fetch,
    handshake: (request, accept, track) =>
      app.handshake(parseRequest(request), accept, track && (({ released }) => track(released))),
    end: () => routes.end(),
    drain: (within) => routes.drain(within),
    revoke: (principal, { code, reason } = { code: CloseCode.Forbidden, reason: "revoked" }) => {
      checkCloseCode(code);
      routes.revoke(principal, new CloseError(code, reason), options.onStoreError);
    },
    gauges: () => ({ ...routes.gauges, pendingHandshakes: dispatcher.pendingHandshakes }),
    maxPayload: options.maxPayload,
    limits: options.limits,
  };
  Object.defineProperty(view, brand, { value: true });
  internals.set(view, app);
  return view;
}

/** The default `onError`. */
export function logError(error: unknown, { request, id }: ErrorContext): void {
  if (error instanceof RefusedError)
    return console.warn(`symbolon: ${error.message} ${JSON.stringify(error.seen)}`);
  const { pathname } = new URL(request.url);
  const place = `symbolon: error ${id === undefined ? "" : `${id} `}at ${JSON.stringify(pathname.slice(0, 256))}`;
  if (isClientError(error)) console.error(`${place}: ${toLogLine(error)}`);
  else console.error(place, error);
}
