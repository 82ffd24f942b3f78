import { CloseCode, CloseError, ProtocolError, ValidationError, type Wire } from "@symbolon/protocol";
import { type OpenContext, parseContext, type RouteSchemas } from "./context.ts";
import { type AnyHook, HookRun } from "./hook.ts";
import type { AcceptInit } from "./pending-wire.ts";

/** Accepts the handshake: writes the 101 and gives the wire. Rejects when the client has left. */
export type Accept = (init?: AcceptInit) => Promise<Wire>;

/** What happened where nobody could be told: for logs. */
export type OnError = (error: unknown, context: { readonly request: Request }) => void;

/** A connection between its handshake and its end: the context, the hooks that ran, and how a failure is answered. */
export class Attempt {
  /** What hooks and handlers may read. */
  readonly context: OpenContext;
  readonly #run: HookRun;
  readonly #onError: OnError;

  private constructor(context: OpenContext, run: HookRun, onError: OnError) {
    this.context = context;
    this.#run = run;
    this.#onError = onError;
  }

  /** Parses the request and runs the hooks, in that order; either may refuse with a `Response`. */
  static async start(
    request: Request,
    { params, schemas, hooks, token, onError }: AttemptOptions,
  ): Promise<Attempt | Response> {
    const run = new HookRun();
    try {
      const context = await parseContext(request, params, schemas, token);
      if (context instanceof Response) return context;
      const attempt = new Attempt(context, run, onError);
      const refusal = await run.start(hooks, context);
      if (refusal === undefined) return attempt;
      await attempt.end();
      return refusal;
    } catch (error) {
      for (const failure of await run.end(error)) onError(failure, { request });
      return refusalFor(error, () => onError(error, { request }));
    }
  }

  /** Ends what the hooks began; `error` is what the handler failed with. */
  async end(error?: unknown): Promise<void> {
    for (const failure of await this.#run.end(error)) this.report(failure);
  }

  /** Tells the app of an error that nobody else is told. */
  report(error: unknown): void {
    this.#onError(error, { request: this.context.request });
  }

  /** The response by which a handler's failure refuses the handshake. */
  refusal(error: unknown): Response {
    return refusalFor(error, () => this.report(error));
  }
}

/** What an attempt is made of. */
export interface AttemptOptions {
  readonly params: Readonly<Record<string, string>>;
  readonly schemas: RouteSchemas;
  readonly hooks: readonly AnyHook[];
  readonly token?: string;
  readonly onError: OnError;
}

/** What a thrown value means before the handshake is accepted: the response itself, 403 for a close, else 500. */
function refusalFor(thrown: unknown, report: () => void): Response {
  if (thrown instanceof Response) return thrown;
  if (thrown instanceof CloseError) return new ClosedBefore(thrown);
  report();
  return new Response("Internal Server Error", { status: 500 });
}

/** A close before accept is a 403, with the code and reason in its body: over HTTP no client could see them otherwise. */
export class ClosedBefore extends Response {
  /** The close that was meant; a session, whose 101 is written, can still be told it. */
  readonly close: { readonly code: number; readonly reason: string };

  constructor({ code, reason }: { readonly code: number; readonly reason: string }) {
    const headers = { "content-type": "application/json" };
    super(JSON.stringify({ code, reason }), { status: 403, headers });
    this.close = { code, reason };
  }
}

/** What a thrown value means after the handshake: the close to send. `report` is called when it was no close. */
export function closeFor(
  thrown: unknown,
  report: () => void,
): { readonly code: number; readonly reason: string } {
  if (thrown instanceof CloseError) return thrown;
  report();
  if (thrown instanceof ValidationError)
    return { code: CloseCode.UnsupportedData, reason: "unsupported data" };
  if (thrown instanceof ProtocolError) return { code: thrown.closeCode, reason: "unexpected message" };
  return { code: CloseCode.InternalError, reason: "" };
}
