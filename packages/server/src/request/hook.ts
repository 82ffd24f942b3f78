import { isThenable } from "@symbolon/protocol/internal";
import { checkIdentity } from "./identity.ts";
import { describeValue, toResponse } from "./response.ts";

/** What a hook may provide: a plain record. Later hooks and the handler read its fields from the context. */
export type Provided = Readonly<Record<string, unknown>>;

/** What a hook's function may return. */
export type HookResult<P extends Provided | void> =
  | HookValue<P>
  | Promise<HookValue<P>>
  | Generator<HookValue<P>, unknown, void>
  | AsyncGenerator<HookValue<P>, unknown, void>;

type HookValue<P> = P | Response | void;

/**
 * Runs before a connection is accepted. It may provide values, or refuse with a `Response`. A generator yields once: the
 * code after its `yield` runs when the connection has ended.
 */
export type Hook<Context, P extends Provided | void = void> = (context: Context) => HookResult<P>;

/** A hook of any type. */
export type AnyHook = (context: never) => HookResult<Provided | void>;

/** A hook that provides the same as the hook `H`. */
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

type HookEnd = (error: unknown) => Promise<void>;

const reservedKeys = [
  "request",
  "params",
  "query",
  "headers",
  "cookies",
  "room",
  "service",
  "token",
  "credentials",
  "protocols",
  "address",
  "accept",
  "node",
  "route",
  "responseHeaders",
  "state",
  "resumed",
] as const;

/** The names of the context's own fields: no hook may provide them. */
export type ReservedContextKey = (typeof reservedKeys)[number];

const reserved: ReadonlySet<string> = new Set(reservedKeys);

const noClaims: Readonly<Record<string, unknown>> = Object.freeze({});

/** The hooks that ran for one request, and the ends that are still to run. */
export class HookRun {
  /** Undefined while no hook has returned a value. */
  #claims: Record<string, unknown> | undefined;
  /** Undefined while no hook has an end. */
  #ends: HookEnd[] | undefined;
  #ended: { readonly error: unknown } | undefined;

  /** What the hooks have returned. What a generator yielded is not in it: its end follows. */
  get claims(): Readonly<Record<string, unknown>> {
    return this.#claims ?? noClaims;
  }

  /** Whether a hook has an end that has not run. */
  get hasEnds(): boolean {
    return this.#ends !== undefined;
  }

  /**
   * Runs hooks in order and adds what they provide to `context`. Resolves with the first `Response`, which refuses. When
   * `end` was called meanwhile, it resolves with a response that no client gets. Rejects with what a hook throws.
   */
  async start(hooks: readonly AnyHook[], context: Record<string, unknown>): Promise<Response | undefined> {
    for (const hook of hooks) {
      const result = hook(context as never);
      const value = isThenable(result) || isGenerator(result) ? await this.#firstValue(result) : result;
      if (this.#ended !== undefined) return new Response(null, { status: 503 });
      const refusal = toResponse(value);
      if (refusal !== undefined) return refusal;
      if (value === undefined) continue;
      const provided = checkProvided(value);
      provide(context, provided);
      if (!isGenerator(result)) this.#claims = { ...this.#claims, ...provided };
    }
    return undefined;
  }

  /**
   * Runs the ends in reverse order. `error` is the handler's failure: each generator receives it as a throw. Resolves
   * with the errors of the ends themselves.
   */
  async end(error?: unknown): Promise<unknown[]> {
    this.#ended ??= { error };
    const failures: unknown[] = [];
    const ends = this.#ends ?? [];
    this.#ends = undefined;
    for (const end of ends.reverse()) {
      try {
        await end(error);
      } catch (failure) {
        if (failure !== error) failures.push(failure);
      }
    }
    return failures;
  }

  async #firstValue(result: HookResult<Provided | void>): Promise<unknown> {
    if (!isGenerator(result)) return result;
    const first = await result.next();
    if (first.done !== true) (this.#ends ??= []).push((error) => finishGenerator(result, error));
    if (this.#ended !== undefined) {
      const [failure] = await this.end(this.#ended.error); // the request ended while the hook started
      if (failure !== undefined) throw failure;
    }
    return first.value;
  }
}

type AnyGenerator = Generator<unknown, unknown, void> | AsyncGenerator<unknown, unknown, void>;

/** Whether a function was a generator: its result has `next` and can be iterated. */
export function isGenerator(value: unknown): value is AnyGenerator {
  if (typeof value !== "object" || value === null || !("next" in value)) return false;
  return Symbol.iterator in value || Symbol.asyncIterator in value;
}

/**
 * Runs the part of a generator after its one `yield`.
 * @throws TypeError, as a rejection, when it yields again.
 */
export async function finishGenerator(generator: AnyGenerator, error?: unknown): Promise<void> {
  const rest = await (error === undefined ? generator.next() : generator.throw(error));
  if (rest.done === true) return;
  await generator.return(undefined);
  throw new TypeError(
    "yielded twice: the code before the one `yield` is the start, the code after it is the end",
  );
}

/**
 * Checks what a hook returned, which a program in JavaScript may get wrong: `false` must not let a client in.
 * @throws TypeError when it is not a plain record.
 */
function checkProvided(value: unknown): Provided {
  if (isRecord(value)) return value;
  throw new TypeError(
    `a hook returned ${describeValue(value)}: return a plain object to provide its fields, a Response to refuse, or nothing`,
  );
}

/** Whether a value is made by `{}` or without a prototype, in this realm or in another. */
function isRecord(value: unknown): value is Provided {
  if (Object.prototype.toString.call(value) !== "[object Object]") return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function provide(context: Record<string, unknown>, provided: Provided): void {
  checkIdentity(provided);
  for (const [name, value] of Object.entries(provided)) {
    if (reserved.has(name) || Object.hasOwn(context, name))
      throw new TypeError(
        `a hook provides ${JSON.stringify(name)}, which the context has already: choose another name`,
      );
    context[name] = value;
  }
}
