import type { Input, Output, Schema } from "./schema.ts";

/** What is written as text in a URL, and read back by the server as the schema wants it. */
type UrlValue = string | number | bigint | boolean | Date;

/**
 * What a contract's `params` and `query` are checked for: unknown when the server reads what a client writes, else the reason
 * in the place of the schema.
 */
export type UrlFaults<Definition> = ("params" extends keyof Definition
  ? PartFaults<"params", Definition[keyof Definition & "params"]>
  : unknown) &
  ("query" extends keyof Definition ? PartFaults<"query", Definition[keyof Definition & "query"]> : unknown);

type PartFaults<Part extends string, S> = S extends Schema
  ? [Faults<Part, Input<S>, Output<S>>] extends [never]
    ? unknown
    : { readonly [Name in Part]: Faults<Part, Input<S>, Output<S>> }
  : unknown;

/** The reasons of all fields; never when all is well. */
type Faults<Part extends string, Written, Read> = unknown extends Written
  ? never
  : Written extends object
    ? {
        [Name in keyof Written & string]-?: Fault<
          `${Part}.${Name}`,
          Exclude<Written[Name], undefined>,
          Read extends { readonly [N in Name]?: infer Value } ? Value : unknown,
          Part
        >;
      }[keyof Written & string]
    : never;

type Fault<Name extends string, Value, Read, Part> = unknown extends Value
  ? CoercedFault<Name, Read>
  : [Value] extends [UrlValue]
    ? TextFault<Name, Value>
    : [Value] extends [readonly (infer Item)[]]
      ? Part extends "params"
        ? `${Name} cannot be written in a path: an array belongs in the query`
        : [Item] extends [UrlValue]
          ? TextFault<Name, Item>
          : Unwritten<Name>
      : [Value] extends [UrlValue | readonly UrlValue[]]
        ? `${Name} may be one value or an array, which look the same in a URL: let it be an array`
        : Unwritten<Name>;

type Unwritten<Name extends string> =
  `${Name} cannot be written in a URL: let it be a string, number, bigint, boolean, Date, or an array of these; "optional" instead of null; an object belongs in a message`;

/** A schema that takes anything is a coercion. */
type CoercedFault<Name extends string, Read> = unknown extends Read
  ? never
  : [Exclude<Read, undefined>] extends [never]
    ? never
    : [Exclude<Read, undefined>] extends [boolean]
      ? `${Name} would read the text "false" as true: let it be a boolean without coercion`
      : never;

/** A text that may stand for two values. */
type TextFault<Name extends string, Value> = [Value] extends [string]
  ? never
  : [number, bigint] extends [Kind<Value, number>, Kind<Value, bigint>]
    ? Ambiguous<Name>
    : string extends Value
      ? Ambiguous<Name>
      : [Extract<Value, string> & TextOf<Value>] extends [never]
        ? never
        : Ambiguous<Name>;
type Kind<Value, What> = [Extract<Value, What>] extends [never] ? never : What;
type TextOf<Value> = Value extends number | bigint | boolean ? `${Value}` : never;
type Ambiguous<Name extends string> =
  `${Name} has values that look the same in a URL, such as "1" and 1: let it be of one type`;
