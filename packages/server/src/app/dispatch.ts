import { CloseCode, CloseError, type FrameCodec } from "@symbolon/protocol";
import { jsonFrames } from "@symbolon/protocol/internal";
import { checkUnused } from "../request/response.ts";
import { type Accept, Exchange } from "../request/exchange.ts";
import type { Clock } from "../timing/clock.ts";
import { createContext, type RouteSchemas } from "../request/context.ts";
import {
  closeFromResponse,
  type OnError,
  HandshakeTimeout,
  errorResponse,
  report,
} from "../request/errors.ts";
import type { HeartbeatOptions } from "../timing/heartbeat.ts";
import { readHello } from "../session/hello.ts";
import type { AnyHook } from "../request/hook.ts";
import { checkHost, type HostOptions } from "../access/host.ts";
import { type Identity, readIdentity, type RenewIdentity } from "../request/identity.ts";
import { checkOrigin, type OriginOptions } from "../access/origin.ts";
import type { RouteMatch } from "./router.ts";
import type { HttpRoute, Routes, SocketRoute } from "./routes.ts";
import { offeredProtocols } from "../request/subprotocol.ts";

/** What may be asked of the server before a handshake is decided. */
export interface HandshakeOptions {
  /** How long hooks and a handler may take to accept or refuse, in ms. Default 10,000; then it is refused with 503. */
  readonly timeout?: number;
  /** How many handshakes may wait for their decision at once. Default 1,000; one more is refused with 503. */
  readonly pending?: number;
}

/** How requests are taken to their routes. */
export interface DispatchOptions extends OriginOptions, HostOptions {
  readonly onError: OnError;
  readonly clock: Clock;
  readonly heartbeat: Required<HeartbeatOptions>;
  readonly handshake?: HandshakeOptions;
  readonly codecs?: readonly FrameCodec[];
  readonly fetch?: (request: Request) => Response | Promise<Response>;
  /** Hooks that run in the place of others. */
  readonly replaced?: ReadonlyMap<AnyHook, AnyHook>;
}

/** Told what resolves when a socket's handler and its hooks have ended. */
export type Track = (ended: Promise<void>) => void;

/** Takes requests to an answer or an accepted socket. */
export class Dispatcher {
  readonly #routes: Routes;
  readonly #options: DispatchOptions;
  #pending = 0;

  constructor(routes: Routes, options: DispatchOptions) {
    this.#routes = routes;
    this.#options = options;
  }

  /** How many handshakes are not decided. */
  get deciding(): number {
    return this.#pending;
  }

  /** Answers an HTTP request. Never rejects. */
  async fetch(request: Request): Promise<Response> {
    try {
      return checkUnused(await this.#answer(request));
    } catch (error) {
      return this.#refusal(request, error);
    }
  }

  /** Answers a WebSocket handshake; `track` is told what resolves when the handler and its hooks have ended. Never rejects. */
  async handshake(request: Request, accept: Accept, track?: Track): Promise<Response | undefined> {
    try {
      const foreign = checkHost(request, this.#options) ?? checkOrigin(request, this.#options);
      if (foreign !== undefined) return foreign;
      const { pathname } = new URL(request.url);
      const found = this.#routes.socketAt(pathname);
      const codec = found?.route.serveSocket === undefined ? this.#agreed(request) : undefined;
      if (codec !== undefined) {
        await this.#session({ request, found, codec }, accept, track);
        return undefined;
      }
      if (found === undefined) return this.#missing(pathname);
      const attempt = this.#attempt(request, found, found.route.schemas);
      track?.(attempt.ended);
      const { serveSocket: raw, service } = found.route;
      const refusal = await this.#inTime(attempt, attempt.accepting(accept), (accept) =>
        raw === undefined ? service?.plain(attempt, () => accept()) : raw(attempt, accept),
      );
      return refusal && checkUnused(attempt.finishResponse(refusal));
    } catch (error) {
      return this.#refusal(request, error);
    }
  }

  async #answer(request: Request): Promise<Response> {
    const foreign = checkHost(request, this.#options);
    if (foreign !== undefined) return foreign;
    const { pathname } = new URL(request.url);
    const found = this.#routes.httpAt(pathname);
    if (found !== undefined) return this.#respond(request, found);
    if (this.#options.fetch !== undefined) return this.#options.fetch(request);
    if (this.#routes.socketAt(pathname) === undefined) return new Response("Not Found", { status: 404 });
    const headers = { upgrade: "websocket", connection: "upgrade" };
    return new Response("This is a WebSocket", { status: 426, headers }); // RFC 9110 §15.5.22
  }

  async #respond(request: Request, found: RouteMatch<HttpRoute>): Promise<Response> {
    const attempt = this.#attempt(request, found, {});
    const response = await attempt.run(async () => {
      const response: unknown = await found.route.handler(attempt.context as never);
      if (response instanceof Response) return response;
      throw new TypeError(`the HTTP handler at ${JSON.stringify(found.pattern)} gave no Response`);
    });
    return attempt.finishResponse(response);
  }

  /** The first codec of this app's list that the client offers; undefined in plain mode. */
  #agreed(request: Request): FrameCodec | undefined {
    const offered = offeredProtocols(request);
    return [...(this.#options.codecs ?? []), jsonFrames].find(({ protocol }) => offered.includes(protocol));
  }

  async #session(
    {
      request,
      found,
      codec,
    }: { request: Request; found: RouteMatch<SocketRoute> | undefined; codec: FrameCodec },
    accept: Accept,
    track?: Track,
  ): Promise<void> {
    const wire = await accept({ subprotocol: codec.protocol });
    const hello = await readHello(wire, this.#options.clock);
    if (hello === undefined) return;
    if (found === undefined) {
      const { code, reason } = await closeFromResponse(this.#missing(new URL(request.url).pathname));
      wire.close(code, reason);
      return;
    }
    const attempt = this.#attempt(request, found, found.route.schemas, hello.token);
    const renew: RenewIdentity = (token) =>
      this.#identify(this.#attempt(request, found, found.route.schemas, token));
    let rest: (until: Promise<void>) => void = () => {};
    track?.(new Promise((resolve) => (rest = resolve)));
    const refusal = await this.#inTime(
      attempt,
      () => Promise.resolve(wire),
      (accept) => {
        const caller = { wire, hello, codec, renew, ...readIdentity(attempt.context) };
        return found.route.service?.session(attempt, caller, () => accept(), rest);
      },
    );
    if (refusal === undefined) return;
    const { code, reason } = await closeFromResponse(refusal);
    wire.close(code, reason);
    rest(attempt.ended);
    await attempt.end();
  }

  /** Runs the hooks only, and ends what they began. */
  async #identify(attempt: Exchange): Promise<Identity | CloseError> {
    const never: Accept = () => Promise.reject(new CloseError(CloseCode.Abnormal, "", false));
    const refusal = await this.#inTime(attempt, never, () => undefined);
    await attempt.end();
    if (refusal === undefined) return readIdentity(attempt.context);
    const { code, reason } = await closeFromResponse(refusal);
    return new CloseError(code, reason);
  }

  /** Runs hooks and handler until they accept or refuse. One that hangs would hold the client, and a closing server, for ever. */
  async #inTime(
    attempt: Exchange,
    accept: Accept,
    serve: (accept: Accept) => Promise<Response | undefined> | undefined,
  ): Promise<Response | undefined> {
    const { timeout = 10_000, pending = 1_000 } = this.#options.handshake ?? {};
    if (this.#pending >= pending)
      return new Response("Too many handshakes at once", { status: 503, headers: { "retry-after": "1" } });
    this.#pending += 1;
    const free = once(() => (this.#pending -= 1));
    const { signal } = attempt.context.request;
    // A client that has left holds no place, though a hook may not heed it.
    if (signal.aborted) free();
    else signal.addEventListener("abort", free);
    let overdue: HandshakeTimeout | undefined;
    let stop = (): void => {};
    const due = new Promise<HandshakeTimeout>((resolve) => {
      stop = this.#options.clock.after(timeout, () => resolve((overdue = new HandshakeTimeout(timeout))));
    });
    const accepting: Accept = (init) => {
      if (overdue !== undefined) return Promise.reject(new CloseError(CloseCode.Abnormal, "", false));
      stop();
      return accept(init);
    };
    const running = attempt.run(async () => this.#expired(attempt) ?? serve(accepting));
    const first = await Promise.race([running, due]);
    stop();
    signal.removeEventListener("abort", free);
    free();
    if (!(first instanceof HandshakeTimeout)) return first;
    void attempt.end(first);
    void running.then((late) => late?.body?.cancel()).catch(() => {}); // nobody is there to read it
    return attempt.errorResponse(first);
  }

  /** A credential that has ended already is none, whatever hooks make of it. */
  #expired({ context }: Exchange): Response | undefined {
    const { expiresAt } = readIdentity(context);
    if (expiresAt === undefined || expiresAt > this.#options.clock.date) return undefined;
    return new Response("The credential has ended", { status: 401 });
  }

  #attempt(
    request: Request,
    { route, pattern, params }: RouteMatch<{ readonly hooks: readonly AnyHook[] }>,
    schemas: RouteSchemas,
    token?: string,
  ): Exchange {
    const { replaced, onError } = this.#options;
    const hooks =
      replaced === undefined ? route.hooks : route.hooks.map((hook) => replaced.get(hook) ?? hook);
    const context = createContext(request, { params, route: pattern, ...(token !== undefined && { token }) });
    return new Exchange(context, { schemas, hooks, onError });
  }

  #missing(pathname: string): Response {
    if (this.#routes.httpAt(pathname) === undefined) return new Response("Not Found", { status: 404 });
    return new Response("There is no WebSocket here", { status: 400 });
  }

  #refusal(request: Request, error: unknown): Promise<Response> {
    return errorResponse(error, () => report(this.#options.onError, error, { request, phase: "handshake" }));
  }
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
