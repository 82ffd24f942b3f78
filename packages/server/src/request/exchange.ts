import type { Wire } from "@symbolon/protocol/internal";
import { checkHandshakeHeaders, mergeHeaders, observeBody } from "./response.ts";
import { runInContext } from "./around.ts";
import { type MutableContext, validateParts, type RouteSchemas } from "./context.ts";
import { type Close, errorClose, type ErrorContext, type OnError, errorResponse, report } from "./errors.ts";
import { type AnyHook, HookRun } from "./hook.ts";
import { checkSubprotocol } from "./subprotocol.ts";

/** How a handshake is accepted. */
export interface AcceptInit {
  /** Headers of the 101 answer, besides those of the handshake itself; their values are ASCII. */
  readonly headers?: HeadersInit;
  /** The subprotocol to agree on; it must be one that the client offered. */
  readonly subprotocol?: string;
}

/** Accepts the handshake: writes the 101 and gives the wire. Rejects when the client has left. */
export type Accept = (init?: AcceptInit) => Promise<Wire>;

/** What an attempt is made of. */
export interface ExchangeOptions {
  readonly schemas: RouteSchemas;
  readonly hooks: readonly AnyHook[];
  readonly onError: OnError;
}

/** A request from its arrival to its end: the context, the hooks that ran, and how a failure is answered. */
export class Exchange {
  #context: MutableContext;
  #resolveEnded: (() => void) | undefined;
  /** Resolves when the hooks' endings have run. */
  readonly ended: Promise<void> = new Promise((resolve) => (this.#resolveEnded = resolve));
  readonly #options: ExchangeOptions;
  readonly #hooks = new HookRun();
  #failure: unknown;
  #closed: { readonly error: unknown; readonly close: Promise<Required<Close>> } | undefined;

  constructor(context: MutableContext, options: ExchangeOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** What may be read: by hooks the request as it came, by the handler as the route's schemas made it. */
  get context(): MutableContext {
    return this.#context;
  }

  /** Checks the request, runs the hooks, then `serve`. Resolves with what it gives, or with the response by which one of them refused. Never rejects. */
  async run<Served>(serve: () => Promise<Served>): Promise<Served | Response> {
    try {
      const parts = await runInContext(this.#context, () => this.#start());
      if (parts instanceof Response) return parts;
      // A copy: hooks, and what they began, go on with what they know.
      this.#context = { ...this.#context, ...parts };
      return await runInContext(this.#context, serve);
    } catch (error) {
      return runInContext(this.#context, () => this.errorResponse(error));
    }
  }

  async #start(): Promise<Response | Readonly<Record<string, unknown>>> {
    const { schemas, hooks } = this.#options;
    const parts = await validateParts(this.#context, schemas);
    if (parts instanceof Response) return parts;
    return (await this.#hooks.start(hooks, this.#context)) ?? parts;
  }

  /** Accepts with the headers that hooks added. Rejects with TypeError for a subprotocol that was not offered, and for a header that the handshake has itself or that cannot be written. */
  accepting(accept: Accept): Accept {
    return (init = {}) => {
      const { responseHeaders: answer, protocols } = this.context;
      try {
        checkSubprotocol(protocols, init.subprotocol);
        if (isEmpty(answer) && init.headers === undefined) return accept(init);
        const headers = mergeHeaders(answer, init.headers);
        checkHandshakeHeaders(headers);
        return accept({ ...init, headers });
      } catch (error) {
        return Promise.reject(error);
      }
    };
  }

  /** The response as the client gets it: with the headers that hooks added, and the endings after its body. */
  finishResponse(response: Response): Response {
    const { responseHeaders: answer } = this.context;
    const { body, status, statusText, headers } = response;
    // A body that was read already cannot be sent: whoever writes it will find out.
    const watched = body !== null && !body.locked && !response.bodyUsed;
    if (!watched) void this.end();
    if (!watched && isEmpty(answer)) return response;
    return new Response(watched ? observeBody(body, (error) => this.#sent(error)) : body, {
      status,
      statusText,
      headers: mergeHeaders(answer, headers),
    });
  }

  /** The body was sent, or broke with an error, of which nobody was told yet; that the client has left is none. */
  #sent(error: unknown): Promise<void> {
    if (error !== undefined && error !== this.context.request.signal.reason)
      void this.report(error, "ending");
    return this.end(error);
  }

  /** Ends what the hooks began; they see `error`, or what the handler failed with. */
  async end(error: unknown = this.#failure): Promise<void> {
    const failures = await runInContext(this.context, () => this.#hooks.end(error));
    for (const failure of failures) void this.report(failure, "ending");
    this.#resolveEnded?.();
  }

  /** Tells the app of an error. Resolves with its answer, if it has one. Never rejects. */
  report(error: unknown, phase: ErrorContext["phase"]): Promise<Response | Close | undefined> {
    return report(this.#options.onError, error, { request: this.context.request, phase });
  }

  /** The response by which a failure refuses the handshake, or answers the request. */
  errorResponse(error: unknown): Promise<Response> {
    this.#failure = error;
    return errorResponse(error, () => this.report(error, "handshake"));
  }

  /** The close by which a failure ends an accepted socket; its code is as it was given. The app is told once of an error that comes twice. */
  errorClose(error: unknown): Promise<Required<Close>> {
    this.#failure = error;
    if (this.#closed === undefined || this.#closed.error !== error)
      this.#closed = { error, close: errorClose(error, () => this.report(error, "open")) };
    return this.#closed.close;
  }
}

function isEmpty(headers: Headers): boolean {
  return headers.keys().next().done === true;
}
