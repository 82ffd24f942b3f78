import type { StandardSchemaV1 } from "@standard-schema/spec";
import { ValidationError } from "../errors.ts";

/** Any schema that follows Standard Schema: zod, valibot, arktype and others. */
export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>;

/** The value that a schema validates. */
export type Input<S extends Schema> = NonNullable<S["~standard"]["types"]>["input"];

/** The value that a schema returns. */
export type Output<S extends Schema> = NonNullable<S["~standard"]["types"]>["output"];

/**
 * Runs a schema over a value.
 * @returns what the schema made of it; a promise when the schema is asynchronous.
 * @throws ValidationError with the schema's issues, or rejects with it.
 */
export function validate<S extends Schema>(schema: S, value: unknown): Output<S> | Promise<Output<S>> {
  const result = schema["~standard"].validate(value);
  return result instanceof Promise ? result.then(unwrap) : unwrap(result);
}

function unwrap(result: StandardSchemaV1.Result<unknown>): unknown {
  if (result.issues !== undefined) throw new ValidationError(result.issues);
  return result.value;
}
