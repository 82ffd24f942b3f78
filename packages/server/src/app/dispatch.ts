import { CloseError, type FrameCodec } from "@symbolon/protocol";
import { checkHost } from "../access/origin.ts";
import { RefusalLog } from "../access/refusal-log.ts";
import { type Accept, Acceptance } from "../request/acceptance.ts";
import type { RouteSchemas } from "../request/context.ts";
import { closeFromResponse, errorResponse, HandshakeTimeout, report } from "../request/errors.ts";
import { Exchange } from "../request/exchange.ts";
import type { AnyHook } from "../request/hook.ts";
import type { RenewIdentity, Verified } from "../request/identity.ts";
import { type ParsedRequest, parseRequest } from "../request/parsed-request.ts";
import { Refusal } from "../request/refusal.ts";
import { checkUnused, toResponse } from "../request/response.ts";
import { type IdentifiedWire, readHello } from "../session/hello.ts";
import {
  checkExpiry,
  checkPage,
  findCodec,
  refuseUnknownPath,
  tooManyUndecided,
} from "./handshake-checks.ts";
import type { DispatchOptions } from "./dispatch-options.ts";
import type { RouteMatch } from "./router.ts";
import { codecsOf, type HttpRoute, type SocketRoute } from "./route.ts";
import type { Routes } from "./routes.ts";

/** Receives a promise that resolves when the server has finished with a connection. */
export type Track = (ended: Promise<void>) => void;

/** Receives the acceptance of each handshake, to wait until the server has finished with its connection. */
export type TrackAcceptance = (acceptance: Pick<Acceptance, "released" | "onRelease">) => void;

/** A handshake in the subprotocol of sessions. */
interface SessionHandshake {
  readonly parsed: ParsedRequest;
  readonly match: RouteMatch<SocketRoute>;
  readonly codec: FrameCodec;
}

/** Leads requests to their routes: each gets an answer, or an accepted socket. */
export class Dispatcher {
  /** Reports what the app and its transports refuse by themselves. */
  readonly refusals: RefusalLog;
  readonly #routes: Routes;
  readonly #options: DispatchOptions;
  /** The exchanges whose hooks or handlers decide a handshake. */
  readonly #undecided = new Set<Exchange>();
  /** Sessions whose 101 is written, and whose `hello` has not arrived. */
  #withoutHello = 0;

  constructor(routes: Routes, options: DispatchOptions) {
    this.#routes = routes;
    this.#options = options;
    this.refusals = new RefusalLog(options.clock, options.onError, options.traffic);
  }

  /** How many handshakes are undecided, those of sessions without a `hello` too. */
  get pendingHandshakes(): number {
    return this.#undecided.size + this.#withoutHello;
  }

  /** Answers an HTTP request. Never rejects. */
  readonly fetch = async (request: Request): Promise<Response> => {
    try {
      return checkUnused(await this.#answer(parseRequest(request)));
    } catch (error) {
      return this.#errorResponse(request, error);
    }
  };

  /** Answers a WebSocket handshake: resolves with the refusal to write, or with undefined once it is accepted. Never rejects. */
  readonly handshake = async (
    parsed: ParsedRequest,
    accept: Accept,
    track?: TrackAcceptance,
  ): Promise<Response | undefined> => {
    const { traffic } = this.#options;
    if (traffic?.isCounting !== true) return this.#handshake(parsed, accept, track);
    const route = this.#routes.socketAt(parsed.url.pathname)?.pattern;
    const refusal = await this.#handshake(parsed, traffic.counted(route, accept), track);
    if (refusal !== undefined) traffic.refused(route, refusal.status);
    return refusal;
  };

  async #handshake(
    parsed: ParsedRequest,
    accept: Accept,
    track?: TrackAcceptance,
  ): Promise<Response | undefined> {
    try {
      const denied = checkPage(parsed, this.#options);
      if (denied !== undefined) return this.#note(denied, parsed);
      const { pathname } = parsed.url;
      const match = this.#routes.socketAt(pathname);
      const codec =
        match?.route.type === "raw"
          ? undefined
          : findCodec(parsed, codecsOf(match?.route, this.#options.codecs));
      if (match === undefined) return await this.#refuseUnknown(parsed, codec, accept);
      if (codec !== undefined) return await this.#openSession({ parsed, match, codec }, accept, track);
      const { route } = match;
      const exchange = this.#exchange(parsed, match, route.schemas);
      const acceptance = new Acceptance(exchange, accept);
      acceptance.releaseAtEnd();
      track?.(acceptance);
      const serve = route.prepare(exchange, acceptance, route.outer);
      const refusal = await this.#decide(exchange, serve, acceptance);
      return refusal && (await acceptance.refuse(this.#note(refusal, parsed)));
    } catch (error) {
      return this.#errorResponse(parsed.request, error);
    }
  }

  /**
   * How a handshake would be refused before its hooks run; undefined when they would decide. Nothing is reported, and
   * nothing is counted.
   */
  explain(parsed: ParsedRequest): Refusal | undefined {
    const { pending = 1_000 } = this.#options.handshake ?? {};
    const denied = checkPage(parsed, this.#options);
    if (denied !== undefined) return denied;
    const { pathname } = parsed.url;
    if (this.#routes.socketAt(pathname) === undefined) return refuseUnknownPath(this.#routes, pathname);
    return this.#undecided.size >= pending || this.#withoutHello >= pending ? tooManyUndecided() : undefined;
  }

  async #answer(parsed: ParsedRequest): Promise<Response> {
    const denied = checkHost(parsed, this.#options.security);
    if (denied !== undefined) return this.#note(denied, parsed);
    const { pathname } = parsed.url;
    const match = this.#routes.httpAt(pathname);
    if (match !== undefined) return this.#respond(parsed, match);
    if (this.#options.fetch !== undefined) return this.#options.fetch(parsed.request);
    if (this.#routes.socketAt(pathname) === undefined)
      return this.#respondUnknown(parsed, new Response("Not Found", { status: 404 }));
    const headers = { upgrade: "websocket", connection: "upgrade" };
    return new Response("Upgrade Required", { status: 426, headers }); // RFC 9110 §15.5.22
  }

  async #respond(parsed: ParsedRequest, match: RouteMatch<HttpRoute>): Promise<Response> {
    const exchange = this.#exchange(parsed, match, {});
    const response = await exchange.run(async () => {
      const result: unknown = await match.route.handler(exchange.context as never);
      const response = toResponse(result);
      if (response !== undefined) return response;
      throw new TypeError(`the HTTP handler at ${JSON.stringify(match.pattern)} returned no Response`);
    });
    return exchange.finishResponse(response);
  }

  /** Answers a request for an unknown path, unless a hook of the app's own view refuses it first. */
  async #respondUnknown(parsed: ParsedRequest, answer: Response): Promise<Response> {
    const match = { route: { hooks: this.#routes.hooks }, pattern: parsed.url.pathname, params: {} };
    const exchange = this.#exchange(parsed, match, {});
    const response = await exchange.run(() => Promise.resolve(answer));
    return exchange.finishResponse(this.#note(response, parsed));
  }

  /**
   * Refuses a path without a WebSocket route, unless a hook of the app refuses it first. The hooks of a session would have no
   * token before `hello`, so they do not run. A session that cannot ask why its handshake was refused is closed at once.
   */
  async #refuseUnknown(
    parsed: ParsedRequest,
    codec: FrameCodec | undefined,
    accept: Accept,
  ): Promise<Response | undefined> {
    const refusal = refuseUnknownPath(this.#routes, parsed.url.pathname);
    if (codec === undefined) return this.#respondUnknown(parsed, refusal);
    this.#note(refusal, parsed);
    if (parsed.transport.explainsRefusals === true) return refusal;
    const { code, reason } = await closeFromResponse(refusal);
    const wire = await accept({ subprotocol: codec.protocol });
    wire.close(code, reason);
    return undefined;
  }

  /** Accepts the wire first, since the token comes with `hello`: a refusal is then a close. */
  async #openSession(
    { parsed, match, codec }: SessionHandshake,
    accept: Accept,
    track?: TrackAcceptance,
  ): Promise<Response | undefined> {
    const { pending = 1_000 } = this.#options.handshake ?? {};
    if (this.#withoutHello >= pending) return this.#note(tooManyUndecided(), parsed);
    let wire: IdentifiedWire["wire"];
    let hello: IdentifiedWire["hello"] | undefined;
    this.#withoutHello += 1;
    try {
      wire = await accept({ subprotocol: codec.protocol });
      hello = await readHello(wire, this.#options.clock);
    } finally {
      this.#withoutHello -= 1;
    }
    if (hello === undefined) return undefined;
    const { route } = match;
    const exchange = this.#exchange(parsed, match, route.schemas, hello.token);
    const acceptance = new Acceptance(exchange, accept, wire);
    track?.(acceptance);
    const renew = this.#createRenewal(parsed, match);
    const refusal = await this.#decide(
      exchange,
      () => {
        const caller = { wire, hello, codec, renew, ...exchange.verified };
        return route.type === "contract" ? route.service.session(exchange, caller, acceptance) : undefined;
      },
      acceptance,
    );
    return refusal && (await acceptance.refuse(this.#note(refusal, parsed)));
  }

  /** A function of its own: the session keeps it, and must not keep the rest of the handshake. */
  #createRenewal(parsed: ParsedRequest, match: RouteMatch<SocketRoute>): RenewIdentity {
    return (token) => this.#identify(this.#exchange(parsed, match, match.route.schemas, token));
  }

  /** Runs only the hooks of a route, and ends them. */
  async #identify(exchange: Exchange): Promise<Verified | CloseError> {
    const refusal = await this.#decide(exchange, () => undefined);
    await exchange.end();
    if (refusal === undefined) return exchange.verified;
    const { code, reason } = await closeFromResponse(refusal);
    return new CloseError(code, reason);
  }

  /** Runs the hooks, then `serve`, until they accept or refuse. A hook that hangs would hold the client, and a server that closes, for ever. */
  async #decide(
    exchange: Exchange,
    serve: () => Promise<Response | undefined> | undefined,
    acceptance?: Acceptance,
  ): Promise<Response | undefined> {
    const { timeout = 10_000, pending = 1_000 } = this.#options.handshake ?? {};
    if (this.#undecided.size >= pending) return tooManyUndecided();
    this.#undecided.add(exchange);
    const release = (): void => void this.#undecided.delete(exchange);
    // The handshake of a client that has disconnected does not count, though a hook of it may still run.
    acceptance?.onAccept(release); // a hook may accept, and go on
    const ignoreDisconnect = exchange.onDisconnect(release);
    let cancelDeadline = (): void => {};
    const running = exchange.run(async () => checkExpiry(exchange, this.#options.clock) ?? serve());
    const first = await new Promise<Response | HandshakeTimeout | undefined>((resolve) => {
      void running.then(resolve);
      cancelDeadline = this.#options.clock.after(timeout, () => {
        if (acceptance?.expire() ?? true) resolve(new HandshakeTimeout(timeout));
      });
    });
    cancelDeadline();
    ignoreDisconnect();
    release();
    if (!(first instanceof HandshakeTimeout)) return first;
    void exchange.end(first);
    void running.then((late) => late?.body?.cancel()).catch(() => {}); // this response comes too late
    return exchange.errorResponse(first);
  }

  #exchange(
    parsed: ParsedRequest,
    { route, pattern, params }: RouteMatch<{ readonly hooks: readonly AnyHook[] }>,
    schemas: RouteSchemas,
    token?: string,
  ): Exchange {
    const { replaced, onError } = this.#options;
    const hooks =
      replaced === undefined ? route.hooks : route.hooks.map((hook) => replaced.get(hook) ?? hook);
    return new Exchange(parsed, {
      params,
      route: pattern,
      ...(token !== undefined && { token }),
      schemas,
      hooks,
      onError,
    });
  }

  /** Reports a refusal of the server's own. Returns the same response. */
  #note<Answer extends Response>(answer: Answer, parsed: ParsedRequest): Answer {
    return answer instanceof Refusal ? this.refusals.note(answer, parsed.request) : answer;
  }

  #errorResponse(request: Request, error: unknown): Promise<Response> {
    return errorResponse(error, () => report(this.#options.onError, error, { request, phase: "handshake" }));
  }
}
