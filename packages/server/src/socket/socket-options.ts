import type { Codec, Message } from "@symbolon/protocol";
import type { RouteSchemas } from "../request/context.ts";
import type { Socket } from "./socket.ts";
import type { UnreadPolicy } from "./unread.ts";

/** A class of sockets: `class Traced extends Socket { … }`. */
export type SocketClass = new (wire: never, codecs: never) => Socket<unknown, never>;

/** How raw routes speak; an app, each view of it and each route may say so, and the nearest counts. */
export interface SocketDefaults {
  /** Reads messages. Default: strings and bytes as they come. */
  readonly receive?: Codec<never, unknown>;
  /** Writes messages. Default: strings and bytes as they are, other values as JSON. */
  readonly send?: Codec<never, unknown>;
  /** The class of the sockets. Default `Socket`. */
  readonly Socket?: SocketClass;
  /** How long the client may say nothing, in ms, before the socket closes with 1001. Default: for ever. */
  readonly idleTimeout?: number;
  /** What becomes of messages that come while a generator handler streams and nothing reads. Default "close": with 1003. */
  readonly unread?: UnreadPolicy;
}

/** A raw route's options: schemas for its request, and how it speaks. */
export interface SocketRouteOptions extends RouteSchemas, SocketDefaults {}

/** A layer laid over another: what it says counts, and what it does not say shows through. */
export type Merged<Under, Over> = Omit<Under, keyof Over> & Over;

/** Makes every option that is not of `Known` an error, which a type parameter alone does not. */
export type Exact<Given, Known> = { readonly [Name in Exclude<keyof Given, keyof Known>]: never };

/** The socket of routes with these options. */
export type SocketOf<L> = L extends { readonly Socket: new (...args: never) => infer Own }
  ? L extends Codecs
    ? Spoken<L> & Omit<Own, keyof Socket>
    : Own
  : Spoken<L>;

type Codecs = { readonly receive: Codec<never, unknown> } | { readonly send: Codec<never, unknown> };

type Spoken<L> = Socket<
  L extends { readonly receive: Codec<never, infer Read> } ? Read : Message,
  L extends { readonly send: Codec<infer Written, unknown> } ? Written : unknown
>;

const names: readonly (keyof SocketDefaults)[] = ["receive", "send", "Socket", "idleTimeout", "unread"];
const known = new Set<string>([...names, "params", "query", "headers", "cookies"]);

/** The layer among an app's options. */
export function pickSocketDefaults(options: SocketDefaults): SocketDefaults {
  return Object.fromEntries(names.flatMap((name) => (name in options ? [[name, options[name]]] : [])));
}

/** Lays a view's or route's options over a layer. Throws TypeError for an option that does not exist, RangeError for an idle timeout that is no time. */
export function mergeDefaults(under: SocketDefaults, over: SocketRouteOptions): SocketDefaults {
  const stranger = Object.keys(over).find((name) => !known.has(name));
  if (stranger !== undefined)
    throw new TypeError(`there is no option ${JSON.stringify(stranger)}: there are ${[...known].join(", ")}`);
  const { idleTimeout = 1 } = over;
  if (!(idleTimeout > 0))
    throw new RangeError(`idleTimeout is a time in ms above 0, or left out for none: ${idleTimeout}`);
  return { ...under, ...over };
}
