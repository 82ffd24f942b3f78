/** What a hook may provide: a plain record, whose fields the context of later hooks and handlers has. */
export type Provided = Readonly<Record<string, unknown>>;

/** What a hook's function may give back. */
export type HookResult<P extends Provided | void> =
  | HookValue<P>
  | Promise<HookValue<P>>
  | Generator<HookValue<P>, unknown, void>
  | AsyncGenerator<HookValue<P>, unknown, void>;

type HookValue<P> = P | Response | void;

/** Runs before a connection is accepted: it may provide values, refuse with a `Response`, and, when it is a generator, clean up after its one `yield`. */
export type Hook<Context, P extends Provided | void = void> = (context: Context) => HookResult<P>;

/** Any hook. */
export type AnyHook = (context: never) => HookResult<Provided | void>;

/** A hook that provides what `H` provides, in any of the forms. */
export type Replacement<H extends AnyHook> = (
  context: Parameters<H>[0],
) => HookResult<ProvidedBy<ReturnType<H>>>;

type ProvidedBy<Result> =
  Exclude<Settled<Result>, Response | void> extends infer Given extends Provided
    ? [Given] extends [never]
      ? void
      : Given
    : void;

type Settled<Result> =
  Result extends PromiseLike<infer Value>
    ? Value
    : Result extends Generator<infer Value, unknown, void> | AsyncGenerator<infer Value, unknown, void>
      ? Value
      : Result;

type Cleanup = (error: unknown) => Promise<void>;

const ownNames = [
  "request",
  "params",
  "query",
  "headers",
  "cookies",
  "room",
  "token",
  "credentials",
  "protocols",
  "route",
  "answer",
  "state",
  "resumed",
] as const;

/** Names that a context has of its own: no hook may provide them. */
export type ReservedContextKey = (typeof ownNames)[number];

const reserved: ReadonlySet<string> = new Set(ownNames);

/** Hooks that ran for one connection, and their endings still to come. */
export class HookRun {
  readonly #endings: Cleanup[] = [];
  #over: { readonly error: unknown } | undefined;

  /** Runs hooks in order, adding what they provide to `context`. Resolves with the first `Response`, which refuses; nobody reads it when `end` came meanwhile. Rejects with what a hook throws. */
  async start(hooks: readonly AnyHook[], context: Record<string, unknown>): Promise<Response | undefined> {
    for (const hook of hooks) {
      const value = await this.#first(hook(context as never));
      if (this.#over !== undefined) return new Response(null, { status: 503 });
      if (value instanceof Response) return value;
      provide(context, value);
    }
    return undefined;
  }

  /** Runs the endings in reverse order; `error` is what the handler failed with, thrown into each generator. Resolves with the errors of the endings themselves. */
  async end(error?: unknown): Promise<unknown[]> {
    this.#over ??= { error };
    const failures: unknown[] = [];
    for (const ending of this.#endings.splice(0).reverse()) {
      try {
        await ending(error);
      } catch (failure) {
        if (failure !== error) failures.push(failure);
      }
    }
    return failures;
  }

  async #first(result: HookResult<Provided | void>): Promise<Provided | Response | void> {
    if (!isGenerator(result)) return result;
    const first = await result.next();
    if (first.done !== true) this.#endings.push((error) => finishGenerator(result, error));
    if (this.#over !== undefined) {
      const [failure] = await this.end(this.#over.error); // it came too late to be of use
      if (failure !== undefined) throw failure;
    }
    return first.value as Provided | Response | void;
  }
}

type AnyGenerator = Generator<unknown, unknown, void> | AsyncGenerator<unknown, unknown, void>;

/** Whether a function was a generator: what it returned has `next` and can be iterated. */
export function isGenerator(value: unknown): value is AnyGenerator {
  if (typeof value !== "object" || value === null || !("next" in value)) return false;
  return Symbol.iterator in value || Symbol.asyncIterator in value;
}

/** Runs the part of a generator after its one `yield`. Rejects when it yields again. */
export async function finishGenerator(generator: AnyGenerator, error?: unknown): Promise<void> {
  const rest = await (error === undefined ? generator.next() : generator.throw(error));
  if (rest.done === true) return;
  await generator.return(undefined);
  throw new TypeError(
    "yielded twice: what comes before the one `yield` is the start, what comes after it the end",
  );
}

function provide(context: Record<string, unknown>, provided: Provided | void): void {
  for (const [name, value] of Object.entries(provided ?? {})) {
    if (reserved.has(name) || Object.hasOwn(context, name))
      throw new TypeError(
        `a hook provides ${JSON.stringify(name)}, which the context has already: choose another name`,
      );
    // Objects would all read as one caller, who could then end another's connection.
    if (name === "principal" && value !== undefined && typeof value !== "string")
      throw new TypeError("a hook provides `principal` as a string: the name of the caller");
    // No time is ever after it: the credential would last for ever.
    if (name === "expiresAt" && Number.isNaN(value))
      throw new TypeError("a hook provides `expiresAt` as a number: in ms since the epoch, not NaN");
    context[name] = value;
  }
}
