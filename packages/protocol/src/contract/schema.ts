import type { StandardSchemaV1 } from "@standard-schema/spec";
import { isThenable } from "../async/thenable.ts";
import { ValidationError } from "../errors.ts";

/** Any schema that follows Standard Schema: zod, valibot, arktype and others. */
export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>;

/** The value that a schema validates. */
export type Input<S extends Schema> = NonNullable<S["~standard"]["types"]>["input"];

/** The value that a schema returns. */
export type Output<S extends Schema> = NonNullable<S["~standard"]["types"]>["output"];

/** A schema of zod 4, and what runs it. */
interface Zod extends Schema {
  readonly _zod: { readonly run: (payload: object, context: { readonly async: boolean }) => object };
}

/**
 * Runs a schema over a value, once.
 * @returns what the schema made of it; a promise when the schema is asynchronous.
 * @throws ValidationError with the schema's issues, or rejects with it.
 */
export function validate<S extends Schema>(schema: S, value: unknown): Output<S> | Promise<Output<S>> {
  const result = ("_zod" in schema ? runOnce(schema) : schema)["~standard"].validate(value);
  return isThenable(result) ? Promise.resolve(result).then(unwrap) : unwrap(result);
}

/**
 * A schema of zod that runs once: zod tries each synchronously at first, so it would run an asynchronous one twice, and leave
 * the first promise alone.
 */
export function runOnce(schema: Schema): Schema {
  let ran: object | undefined;
  const run: Zod["_zod"]["run"] = (payload) => (ran ??= (schema as Zod)._zod.run(payload, { async: true }));
  return { __proto__: schema, _zod: { run } } as unknown as Schema;
}

function unwrap(result: StandardSchemaV1.Result<unknown>): unknown {
  if (result.issues) throw new ValidationError(result.issues);
  return result.value;
}
