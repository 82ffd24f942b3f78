import type { Codec, Message } from "@symbolon/protocol";
import type { RouteSchemas } from "../request/context.ts";
import type { Socket } from "./socket.ts";

/** A class of sockets: `class NumberedSocket extends Socket { … }`. */
export type SocketClass = new (wire: never, codecs: never) => Socket<unknown, never>;

/** What becomes of a message that arrives while a generator handler streams and does not read. */
type UnreadPolicy = "close" | "discard";

/** How raw routes read and write. The app, a view of it and a route can set each option; the nearest counts. */
export interface SocketOptions {
  /**
   * Reads messages.
   * @default strings and bytes as they are
   */
  readonly receive?: Codec<never, unknown>;
  /**
   * Writes messages.
   * @default strings and bytes as they are, other values as JSON
   */
  readonly send?: Codec<never, unknown>;
  /**
   * The class of the sockets.
   * @default Socket
   */
  readonly Socket?: SocketClass;
  /**
   * How long the client may send no message, in ms; then the socket closes with 1001.
   * @default without end
   */
  readonly idleTimeout?: number;
  /**
   * What becomes of a message that arrives while a generator handler streams and does not read: it closes the socket with
   * 1003, or is dropped.
   * @default "close"
   */
  readonly unread?: UnreadPolicy;
  /**
   * The largest message that the client may send, in bytes, at most that of the app; a larger one closes with 1009.
   * @default the `maxPayload` of the app
   */
  readonly maxPayload?: number;
}

/** Options of a raw route: the schemas for its request, and how it reads and writes. */
export interface SocketRouteOptions extends RouteSchemas, SocketOptions {}

/** Options over other options: each set one counts, the others show through. */
export type Merged<Under, Over> = Omit<Under, keyof Over> & Over;

/** Makes each option that `Known` does not have a compile error, which a type parameter alone does not. */
export type Exact<Given, Known> = { readonly [Name in Exclude<keyof Given, keyof Known>]: never };

/** The socket of routes with these options. */
export type SocketOf<Options> = Options extends { readonly Socket: new (...args: never) => infer Own }
  ? Options extends Codecs
    ? CodedSocket<Options> & Omit<Own, keyof Socket>
    : Own
  : CodedSocket<Options>;

type Codecs = { readonly receive: Codec<never, unknown> } | { readonly send: Codec<never, unknown> };

type CodedSocket<Options> = Socket<
  Options extends { readonly receive: Codec<never, infer Read> } ? Read : Message,
  Options extends { readonly send: Codec<infer Written, unknown> } ? Written : unknown
>;

const known = new Set<string>([
  "receive",
  "send",
  "Socket",
  "idleTimeout",
  "unread",
  "maxPayload",
  "params",
  "query",
  "headers",
  "cookies",
]);

/**
 * Puts the options of a view or route over other options.
 * @throws TypeError for an unknown option and another `unread`, RangeError for an idle timeout that is not above 0, and for a `maxPayload` that
 * is not from 1 to that of the app.
 */
export function mergeSocketOptions(
  under: SocketOptions,
  over: SocketRouteOptions,
  appMaxPayload: number,
): SocketOptions {
  const unknown = Object.keys(over).find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new TypeError(`there is no option ${JSON.stringify(unknown)}: there are ${[...known].join(", ")}`);
  const { idleTimeout = 1 } = over;
  if (!(idleTimeout > 0))
    throw new RangeError(`idleTimeout is a time in ms above 0; leave it out for none: ${idleTimeout}`);
  const { unread = "close" } = over;
  if (!["close", "discard"].includes(unread))
    throw new TypeError(`unread is "close" or "discard", not ${JSON.stringify(unread)}`);
  const { maxPayload = appMaxPayload } = over;
  if (!(Number.isInteger(maxPayload) && maxPayload > 0 && maxPayload <= appMaxPayload))
    throw new RangeError(
      `maxPayload of a route is from 1 to the maxPayload of the app (${appMaxPayload}), not ${maxPayload}: raise that of createApp`,
    );
  return { ...under, ...definedOptions(over) };
}

/** The options that are not undefined: an option that is undefined has its default. */
export function definedOptions<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}
