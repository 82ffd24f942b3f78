import type { FrameCodec } from "../frames/frame-codec.ts";
import type { Input, Schema } from "./schema.ts";

/** Values that JSON has; `undefined` is a message without data, or a field that is left out. */
type JsonScalar = string | number | boolean | null | undefined;

/** A contract whose messages JSON carries, as far as the compiler sees at once: most contracts cost it nothing more. */
interface PlainDefinition {
  readonly client?: PlainMessages;
  readonly server?: PlainMessages;
}
type PlainMessages = Readonly<Record<string, PlainSchema | { readonly definition: PlainParts }>>;
interface PlainParts {
  readonly [Part: string]: PlainSchema | PlainParts;
}
interface PlainSchema {
  readonly "~standard": { readonly types?: { readonly input: PlainValue } | undefined };
}
type PlainValue =
  | JsonScalar
  | readonly Exclude<PlainValue, undefined>[]
  | { readonly [Name: string]: PlainValue };

/**
 * What a contract's messages are checked for: unknown when JSON carries what both peers write, or the contract has a codec; else
 * the reason in the place of the message.
 */
export type JsonFaults<Definition> = [Definition] extends [PlainDefinition]
  ? unknown
  : [Definition] extends [{ readonly codec: FrameCodec }]
    ? unknown
    : {
        readonly [Part in keyof Definition as Part & ("client" | "server")]: PartFaults<
          Definition[Part],
          Part & string
        >;
      };
type PartFaults<Declared, Part extends string> = {
  readonly [Name in keyof Declared]: MessageFault<Written<Declared[Name]>, `${Part}.${Name & string}`>;
};

/** What is written of a message: the input of its schema; of a request or a stream the inputs of each of its schemas, by name. */
type Written<Message> = Message extends Schema
  ? Input<Message>
  : Message extends { readonly definition: object }
    ? WrittenParts<Message["definition"]>
    : unknown;
type WrittenParts<Parts> = {
  [Name in keyof Parts]: Parts[Name] extends Schema ? Input<Parts[Name]> : WrittenParts<Parts[Name]>;
};

/** Unknown also for a type that is generic yet: the compiler then needs to know only that the check is not `never`. */
type MessageFault<Value, Path extends string> = [[Value] extends [Json<Value>] ? true : never] extends [never]
  ? Reason<Value, Path>
  : unknown;

/** A value as JSON carries it: never in the place of what JSON lacks. It is compared member by member, so types may be recursive. */
type Json<Value> = unknown extends Value
  ? Value
  : Value extends JsonScalar
    ? Value
    : Value extends Lacking
      ? never
      : Value extends readonly unknown[]
        ? readonly Json<Item<Value>>[] // an array is resolved late, a mapped one is not
        : { [Name in keyof Value]: Name extends symbol ? Value[Name] : Json<Value[Name]> };

/** The items of an array or tuple; `undefined` becomes null in an array, while a tuple may have less items. */
type Item<List extends readonly unknown[]> = number extends List["length"]
  ? Exclude<List[number], undefined>
  : List[number];

type AnyFunction = (...args: never) => unknown;
type Lacking = bigint | symbol | AnyFunction;

/** The reasons why JSON does not carry a value, each with its place; at most four levels deep, since types may be recursive. */
type Reason<Value, Path extends string, Depth extends readonly unknown[] = []> = Depth["length"] extends 5
  ? Fault<Path, "a value", "of another type">
  : unknown extends Value
    ? never
    : Value extends JsonScalar
      ? never
      : Value extends bigint
        ? Fault<Path, "a bigint", "a string">
        : Value extends symbol
          ? Uncarried<Path, "a symbol">
          : Value extends AnyFunction
            ? Uncarried<Path, "a function">
            : Value extends Date
              ? Fault<Path, "a Date", "a string, as z.iso.datetime() is">
              : Value extends ReadonlyMap<unknown, unknown>
                ? Fault<Path, "a Map", "an array or a record">
                : Value extends ReadonlySet<unknown>
                  ? Fault<Path, "a Set", "an array">
                  : Value extends ArrayBuffer | ArrayBufferView
                    ? Fault<Path, "binary data", "a string">
                    : Value extends readonly unknown[]
                      ? ItemReason<Value, `${Path}[]`, Depth>
                      : [Extract<Value[keyof Value], AnyFunction>] extends [never]
                        ? FieldReasons<Value, Path, Depth>
                        : Uncarried<Path, "an object with methods">;
type ItemReason<List extends readonly unknown[], Path extends string, Depth extends readonly unknown[]> =
  | ([List[number]] extends [Item<List>] ? never : Fault<Path, "undefined in an array", "null">)
  | Reason<Item<List>, Path, [...Depth, unknown]>;
type FieldReasons<Value, Path extends string, Depth extends readonly unknown[]> = {
  [Name in keyof Value & (string | number)]-?: [Value[Name]] extends [Json<Value[Name]>]
    ? never
    : Reason<Value[Name], `${Path}.${Name}`, [...Depth, unknown]>;
}[keyof Value & (string | number)];

type Fault<
  Path extends string,
  What extends string,
  Instead extends string,
> = `${Path} is ${What}, which JSON does not carry: let it be ${Instead}, or give the contract the MessagePack codec, "codec: msgpack" of @symbolon/protocol/msgpack`;
type Uncarried<
  Path extends string,
  What extends string,
> = `${Path} is ${What}, which no message carries: let it be data, such as an object of strings and numbers`;
