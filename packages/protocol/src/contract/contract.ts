import type { RequestError } from "../errors.ts";
import type { FrameCodec } from "../frames/frame-codec.ts";
import type { CallOptions, StreamOptions } from "./call.ts";
import type { JsonFaults } from "./json-values.ts";
import type { ErrorSchemas, MessageKind, RequestKind, StreamKind } from "./message-kind.ts";
import { checkPath, fillPath, type ParamName, type PathParams, toText } from "./path.ts";
import type { Input, Output, Schema } from "./schema.ts";
import type { UrlFaults } from "./url-values.ts";

/** The messages that one peer may send, by name: a bare schema is an event, `request` and `stream` have replies. */
export type Messages = Readonly<Record<string, Schema | RequestKind | StreamKind>>;

/** The names of the events among messages. */
export type EventName<M extends Messages> = NameOf<M, Schema>;
/** The names of the requests among messages. */
export type RequestName<M extends Messages> = NameOf<M, RequestKind>;
/** The names of the streams among messages. */
export type StreamName<M extends Messages> = NameOf<M, StreamKind>;

type NameOf<M extends Messages, What> = {
  [Name in keyof M]: M[Name] extends What ? Name : never;
}[keyof M] &
  string;

type DefinitionOf<Message> = Message extends { readonly definition: infer D extends KindDefinition }
  ? D
  : never;
interface KindDefinition {
  readonly input: Schema;
  readonly output: Schema;
  readonly upload?: Schema;
  readonly errors?: ErrorSchemas;
}

/** The data with which an event is sent. */
export type EventInput<M extends Messages, Name extends EventName<M>> = M[Name] extends Schema
  ? Input<M[Name]>
  : never;
/** The arguments of `send` after the event's name: the data, which may be left out when it may be undefined, and options. */
export type EventArguments<M extends Messages, Name extends EventName<M>, Options> = DataArguments<
  EventInput<M, Name>,
  Options
>;
/** A schema that takes anything has its argument, so that a contract fits `AnyContract`. */
type DataArguments<Data, Options> = unknown extends Data
  ? [data: Data, options?: Options]
  : undefined extends Data
    ? [data?: Data, options?: Options]
    : [data: Data, options?: Options];
/** What the caller receives: the reply of a request, each item of a stream. */
export type CallOutput<M extends Messages, Name extends keyof M> = Output<DefinitionOf<M[Name]>["output"]>;
/** The arguments of a call after its name: its input, which may be left out when it may be undefined, and how it may end early. */
export type CallArguments<M extends Messages, Name extends keyof M> = InputArguments<
  Input<DefinitionOf<M[Name]>["input"]>,
  DefinitionOf<M[Name]>,
  CallOptions
>;
/** The arguments of a client's stream after its name: as `CallArguments`, and whether it starts again. */
export type StreamArguments<M extends Messages, Name extends keyof M> = InputArguments<
  Input<DefinitionOf<M[Name]>["input"]>,
  DefinitionOf<M[Name]>,
  StreamOptions
>;
type InputArguments<Data, Definition, Options extends CallOptions> = [Definition] extends [never]
  ? [data: Data, options?: Options]
  : Definition extends { readonly upload: infer Upload extends Schema }
    ? [data: Data, options: Omit<CallOptions, "upload"> & { readonly upload: Items<Input<Upload>> }]
    : DataArguments<Data, Omit<Options, "upload">>;
/** Not a string, which is an iterable as well. */
type Items<Item> = AsyncIterable<Item> | (Iterable<Item> & object);

/** What a handler reads of a message. */
export type HandlerInput<Message> = Message extends Schema
  ? Output<Message>
  : Output<DefinitionOf<Message>["input"]>;
/** What a handler gives for a message: a reply, an iterable of items, or, for an event, anything. */
export type HandlerOutput<Message> = Message extends RequestKind
  ? Settled<Replied<Input<DefinitionOf<Message>["output"]>>>
  : Message extends StreamKind
    ? Settled<Items<Input<DefinitionOf<Message>["output"]>>>
    : unknown;
type Settled<Value> = Value | Promise<Value>;
/** A handler whose reply may be undefined need not return it. */
type Replied<Value> = undefined extends Value ? Value | void : Value;
/** What a stream with an upload has besides its input. */
export type HandlerUpload<Message> =
  DefinitionOf<Message> extends { readonly upload: infer Upload extends Schema }
    ? { readonly upload: AsyncIterable<Output<Upload>> }
    : unknown;

/** The errors that a request or a stream of a contract declares, with the data of each. */
export type DeclaredError<Message> =
  DefinitionOf<Message> extends { readonly errors: infer Errors extends ErrorSchemas }
    ? { [Code in keyof Errors & string]: RequestError<Code, Output<Errors[Code]>> }[keyof Errors & string]
    : never;

/** Whether an error is one that a request or a stream declares: its code tells which, and its data is typed. */
export function isDeclared<
  Message extends MessageKind & { readonly definition: { readonly errors?: ErrorSchemas } },
>(message: Message, error: unknown): error is DeclaredError<Message> {
  const { code } = Object(error) as { readonly code?: unknown };
  return typeof code === "string" && Object.hasOwn(message.definition.errors ?? {}, code);
}

/** What the members of a contract's rooms show of themselves. */
interface PresenceDefinition {
  /** Validates what a member shows, at the server. Its output is JSON, whatever the contract's codec is. */
  readonly data: Schema;
  /**
   * Who a member is. `principal`: all connections of one principal are one member, and each connection without a principal is
   * one. `connection`: each connection is a member.
   * @default "principal"
   */
  readonly by?: "principal" | "connection";
}

/** What a contract is made of. */
export interface ContractDefinition {
  /** Validates the path's parameters: strings, numbers, bigints, booleans, Dates. Without it they are strings. */
  readonly params?: Schema;
  /** Validates the query: values as `params` has them, and arrays of them; a value may be optional. */
  readonly query?: Schema;
  /** The messages that the client may send. */
  readonly client?: Messages;
  /** The messages that the server may send. */
  readonly server?: Messages;
  /** Who is in a room, and what each member shows there: a name, a cursor. @default rooms have no presence */
  readonly presence?: PresenceDefinition;
  /**
   * How its messages are encoded, by both peers: `msgpack` of `@symbolon/protocol/msgpack` carries Dates, bytes, Maps, Sets and
   * bigints. A client that does not have it uses JSON.
   * @default the codecs that both peers have; JSON alone, as far as the types know
   */
  readonly codec?: FrameCodec;
}

/** The messages that a client and a server may send to each other at one path. */
export interface Contract<
  Path extends string = string,
  Definition extends ContractDefinition = ContractDefinition,
> {
  /** The path with its parameters: `/chat/:room`. */
  readonly path: Path;
  /** The schemas, as they were given. */
  readonly definition: Definition;
  /** The path and query of a connection, percent-encoded. Throws TypeError when a parameter is missing. */
  readonly url: (...args: UrlArguments<Contract<Path, Definition>>) => string;
}

/** Any contract. */
// oxlint-disable-next-line typescript/no-explicit-any -- `url` is contravariant in its parameters; no other type fits every contract
export type AnyContract = Contract<any, any>;

/**
 * The revision of what a contract carries: the code of its requests and streams, and how peers use it. It is raised when copies
 * of this package before and after a change cannot work together.
 */
export const revision = 1;
/**
 * Declares the messages that client and server may send at a path. Client and server import the same contract.
 * @example
 * const chat = contract("/chat/:room", { client: { post: z.string() }, server: { posted: z.string() } });
 * @throws TypeError when the path is invalid (see `checkPath`), a message's name is empty or longer than 128 characters, or
 * `presence` has no schema.
 */
export function contract<const Path extends string, const Definition extends ContractDefinition>(
  path: Path,
  definition: Definition & UrlFaults<Definition> & JsonFaults<Definition>,
): Contract<Path, Definition> {
  checkPath(path);
  checkPresence(definition.presence);
  checkNames([...Object.keys(definition.client ?? {}), ...Object.keys(definition.server ?? {})]);
  const url = (
    params: Readonly<Record<string, unknown>> = {},
    query: Readonly<Record<string, unknown>> = {},
  ): string => {
    const pairs = Object.entries(query).flatMap(([name, value]) => {
      const key = encodeURIComponent(name);
      const values: readonly unknown[] = [value].flat();
      if (values.length === 0) return `${key}%5B%5D=`; // an empty array is not an absent one
      return values
        .filter((one) => one !== undefined)
        .map((one) => `${key}=${encodeURIComponent(toText(one))}`);
    });
    return fillPath(path, params) + (pairs.length > 0 ? `?${pairs.join("&")}` : "");
  };
  // The caller's side is checked against the schemas; here the values only become text.
  const typedUrl = url as unknown as Contract<Path, Definition>["url"];
  const brand = { [Symbol.for("symbolon.contract")]: revision };
  return Object.assign(brand, { path, definition, url: typedUrl });
}

function checkPresence(presence: PresenceDefinition | undefined): void {
  if (presence === undefined) return;
  const { data, by = "principal" } = presence;
  if (Object(data)["~standard"] === undefined || (by !== "principal" && by !== "connection"))
    throw new TypeError(
      'the presence of a contract is { data: schema, by: "principal" }, and by may be "connection" too',
    );
}

function checkNames(names: readonly string[]): void {
  for (const name of names)
    if (name === "" || name.length > 128)
      throw new TypeError(`a message's name has 1 to 128 characters: ${JSON.stringify(name.slice(0, 128))}`);
}

/** The messages that the client of a contract may send. */
export type ClientMessages<C extends AnyContract> = MessagesOf<C["definition"]["client"]>;
/** The messages that the server of a contract may send. */
export type ServerMessages<C extends AnyContract> = MessagesOf<C["definition"]["server"]>;

type MessagesOf<M> = M extends Messages ? M : Record<never, never>;

/** What a member sets in a room; never without presence. */
export type PresenceInput<C extends AnyContract> = C["definition"]["presence"] extends {
  readonly data: infer Data extends Schema;
}
  ? Input<Data>
  : never;
/** What a member shows to the others. */
export type PresenceOutput<C extends AnyContract> = C["definition"]["presence"] extends {
  readonly data: infer Data extends Schema;
}
  ? Output<Data>
  : never;

/** The parameters with which a client connects. */
export type ParamsInput<C extends AnyContract> = C["definition"]["params"] extends Schema
  ? Input<C["definition"]["params"]>
  : PathParams<C["path"]>;
/** The parameters a handler reads. */
export type ParamsOutput<C extends AnyContract> = C["definition"]["params"] extends Schema
  ? Output<C["definition"]["params"]>
  : PathParams<C["path"]>;
/** The query with which a client connects. */
export type QueryInput<C extends AnyContract> = C["definition"]["query"] extends Schema
  ? Input<C["definition"]["query"]>
  : Readonly<Record<string, string>> | undefined;
/** The query a handler reads. */
export type QueryOutput<C extends AnyContract> = C["definition"]["query"] extends Schema
  ? Output<C["definition"]["query"]>
  : Readonly<Record<string, string>>;

/** The arguments of `url`: what the contract needs, and no more. */
export type UrlArguments<C extends AnyContract> = [ParamName<C["path"]>] extends [never]
  ? [params?: Readonly<Record<string, never>>, ...query: QueryArgument<C>]
  : Record<never, never> extends ParamsInput<C>
    ? [params?: ParamsInput<C>, ...query: QueryArgument<C>]
    : [params: ParamsInput<C>, ...query: QueryArgument<C>];

type QueryArgument<C extends AnyContract> =
  Record<never, never> extends QueryInput<C>
    ? [query?: QueryInput<C>]
    : undefined extends QueryInput<C>
      ? [query?: QueryInput<C>]
      : [query: QueryInput<C>];
