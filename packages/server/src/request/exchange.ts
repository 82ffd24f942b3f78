import {
  addedHeaders,
  createContext,
  type MutableContext,
  type RequestTarget,
  hasSchema,
  type RouteSchemas,
  runInContext,
  validateParts,
} from "./context.ts";
import { type Close, errorClose, type ErrorContext, errorResponse, type OnError, report } from "./errors.ts";
import { type AnyHook, HookRun } from "./hook.ts";
import { nameNetwork, readIdentity, type Verified } from "./identity.ts";
import type { ParsedRequest } from "./parsed-request.ts";
import { hasNoHeaders, mergeHeaders, observeBody } from "./response.ts";

/** How long the end of a connection waits for handlers and streams that still run, in ms. */
export const endTimeout = 300;

const noListeners: readonly ExchangeListener[] = [];

/** What serves an exchange. */
export interface ExchangeOptions extends RequestTarget {
  /** The schemas of the route. */
  readonly schemas: RouteSchemas;
  /** The hooks of the route, in order. */
  readonly hooks: readonly AnyHook[];
  /** Called with the errors of the exchange. */
  readonly onError: OnError;
}

/** Waits for the end of an exchange. */
export interface ExchangeListener {
  /** The ends of the hooks have run. */
  exchangeEnded(): void;
}

/** One HTTP request from its arrival to its end: its context, the hooks that ran, and the answer to a failure. */
export class Exchange {
  /** The request. */
  readonly parsed: ParsedRequest;
  readonly #onError: OnError;
  readonly #hooks = new HookRun();
  /** What `run` uses; undefined once it has. */
  #options: Pick<ExchangeOptions, "schemas" | "hooks"> | undefined;
  /** Undefined once no code but the handler's may read it. */
  #context: MutableContext | undefined;
  /** The claims of a newer request of the same client. */
  #renewed: Readonly<Record<string, unknown>> | undefined;
  #listeners: readonly ExchangeListener[] = noListeners;
  #hasEnded = false;
  /** Undefined while no code waits for the end. */
  #ended: Promise<void> | undefined;
  #failure: unknown;
  #closed: { readonly error: unknown; readonly close: Promise<Required<Close>> } | undefined;
  #network: string | undefined;

  constructor(parsed: ParsedRequest, options: ExchangeOptions) {
    this.parsed = parsed;
    this.#onError = options.onError;
    this.#options = options;
    this.#context = createContext(parsed, options);
  }

  /**
   * What may be read: by hooks the request as it arrived, by the handler as the route's schemas read it.
   * @throws TypeError after `releaseContext`.
   */
  get context(): MutableContext {
    if (this.#context === undefined) throw new TypeError("the context was released");
    return this.#context;
  }

  /** What the hooks have returned, for this request or for the newest one of the same client. */
  get claims(): Readonly<Record<string, unknown>> {
    return this.#renewed ?? this.#hooks.claims;
  }

  /** Resolves when the ends of the hooks have run. */
  get ended(): Promise<void> {
    return (this.#ended ??= new Promise((exchangeEnded) => this.onEnd({ exchangeEnded })));
  }

  /** The client's identity, with everything else that the hooks returned. */
  get verified(): Verified {
    return { ...readIdentity(this.context), claims: this.claims };
  }

  /** The name of the client's network, or of its address; "" where its transport knows none. */
  get network(): string {
    const { network } = this.parsed.transport;
    return (this.#network ??= network === undefined ? "" : nameNetwork(network));
  }

  /** The principal of the client; undefined without one. */
  get principal(): string | undefined {
    return readIdentity(this.context).principal;
  }

  /**
   * Names the account of the client, by which the limits that clients share are divided: its principal, or its network
   * without one. Clients whose transport knows no address have one account together.
   */
  get account(): string {
    const { principal } = this;
    return principal === undefined ? `address ${this.network}` : `principal ${principal}`;
  }

  /** The same client has sent another credential: the context has what the hooks returned for it, in place of what they returned before. */
  renew(claims: Readonly<Record<string, unknown>>): void {
    for (const name of Object.keys(this.claims)) Reflect.deleteProperty(this.context, name);
    Object.assign(this.context, claims);
    this.#renewed = claims;
  }

  /** Calls `listener` when the exchange ends; at once when it has. */
  onEnd(listener: ExchangeListener): void {
    if (this.#hasEnded) listener.exchangeEnded();
    else this.#listeners = this.#listeners.concat(listener); // `push` would keep memory for 17
  }

  /** From now on only the handler and the ends of hooks read the context: without such ends it is let go. */
  releaseContext(): void {
    if (this.#hooks.hasEnds) return;
    this.#context = undefined;
    this.parsed.releaseContext();
  }

  /**
   * Checks the request, runs the hooks, then `serve`. Resolves with the result of `serve`, or with the response by which
   * one of them refused. Never rejects.
   */
  async run<Served>(serve: () => Promise<Served>): Promise<Served | Response> {
    try {
      const parts = await runInContext(this.context, () => this.#start());
      if (parts instanceof Response) return parts;
      // A copy: hooks that still run keep the parts as they arrived.
      if (Object.keys(parts).length > 0) this.#context = { ...this.context, ...parts };
      return await runInContext(this.context, serve);
    } catch (error) {
      return runInContext(this.context, () => this.errorResponse(error));
    }
  }

  /** Calls `listener` once when the client disconnects; at once when it has. Returns what stops that. */
  onDisconnect(listener: () => void): () => void {
    return this.parsed.onDisconnect(listener);
  }

  /** The response as the client gets it: with the headers that hooks added. The hooks end once its body is sent. */
  finishResponse(response: Response): Response {
    const added = addedHeaders(this.context);
    const { body, status, statusText, headers } = response;
    // A body that was read before cannot be sent: the one that writes the response reports it.
    const observed = body !== null && !body.locked && !response.bodyUsed;
    if (!observed) void this.end();
    if (!observed && (added === undefined || hasNoHeaders(added))) return response;
    return new Response(observed ? observeBody(body, (error) => this.#bodySent(error)) : body, {
      status,
      statusText,
      headers: added === undefined ? headers : mergeHeaders(added, headers),
    });
  }

  /** Ends what the hooks began. Their ends receive `error`, or the handler's failure. */
  async end(error: unknown = this.#failure): Promise<void> {
    const endHooks = (): Promise<unknown[]> => this.#hooks.end(error);
    const failures = await (this.#context === undefined ? endHooks() : runInContext(this.#context, endHooks));
    for (const failure of failures) void this.report(failure, "ending");
    const listeners = this.#listeners;
    this.#hasEnded = true;
    this.#listeners = noListeners;
    for (const listener of listeners) listener.exchangeEnded();
  }

  /** Reports an error to the app, with the `id` that the client received. Resolves with its answer, or undefined for the default. Never rejects. */
  report(error: unknown, phase: ErrorContext["phase"], id?: string): Promise<Response | Close | undefined> {
    const { request } = this.parsed;
    return report(this.#onError, error, { request, phase, ...(id !== undefined && { id }) });
  }

  /** The response by which a failure refuses the handshake, or answers the request. */
  errorResponse(error: unknown): Promise<Response> {
    this.#failure = error;
    return errorResponse(error, () => this.report(error, "handshake"));
  }

  /** The close by which a failure ends an accepted socket, with the code as given. Reports an error once that comes twice. */
  errorClose(error: unknown): Promise<Required<Close>> {
    this.#failure = error;
    if (this.#closed === undefined || this.#closed.error !== error)
      this.#closed = { error, close: errorClose(error, () => this.report(error, "open")) };
    return this.#closed.close;
  }

  async #start(): Promise<Response | Readonly<Record<string, unknown>>> {
    const { schemas = {}, hooks = [] } = this.#options ?? {};
    this.#options = undefined;
    const parts = hasSchema(schemas) ? await validateParts(this.context, this.parsed.url, schemas) : {};
    if (parts instanceof Response) return parts;
    return (await this.#hooks.start(hooks, this.context)) ?? parts;
  }

  /** The body was sent, or broke with an error. A client that disconnected is no error. */
  #bodySent(error: unknown): Promise<void> {
    if (error !== undefined && error !== this.parsed.request.signal.reason) void this.report(error, "ending");
    return this.end(error);
  }
}
