import type { AnyContract, FrameCodec } from "@symbolon/protocol";
import type { UrlArguments } from "@symbolon/protocol/internal";
import type { ReconnectOptions } from "./connection/backoff.ts";
import type { InboxOptions } from "./connection/inbox.ts";
import type { WebSocketClass } from "./platform/websocket-class.ts";

/** Where a contract is served, and with which credential to connect. */
export type ConnectOptions<C extends AnyContract> = {
  /**
   * The server: `https://example.com` or `wss://example.com`; its path and query, if any, stay: the contract's path comes
   * after its own. A function is called at each dial, as are `params`, `query` and `headers`.
   */
  readonly url: Asked<string | URL>;
  /**
   * Returns the credential. Called before every attempt to connect, and when the credential is about to expire; `refused` is
   * true after the server has refused the last one (4401, HTTP 401), so that a cache is not asked again. A rejection is a
   * failed attempt.
   * @default none
   */
  readonly getToken?: (asked: { readonly refused: boolean }) => string | Promise<string>;
  /**
   * How messages are encoded, if the server has the codec too: `msgpack` of `@symbolon/protocol/msgpack`.
   * @default the codec of the contract, or JSON, which is also used with a server that does not have the codec
   */
  readonly codec?: FrameCodec;
  /** What the client keeps until the server has handled it. */
  readonly outbox?: OutboxOptions;
  /** What the client keeps of what the server sends. Beyond it, the client closes with 4400. */
  readonly inbox?: ClientInboxOptions;
  /**
   * Whether `connect` accepts a `url` without TLS (`ws:`, `http:`) to another device, although there is `getToken`, or a
   * parameter whose name ends in `token`, `ticket`, `secret`, `password`, `key` or `auth`, or a user in `url`, or although the
   * page was loaded by `https:`.
   * @default false
   */
  readonly allowInsecure?: boolean;
  /** Headers of the handshake, in Node alone: a page can set none, and its client ends with an error. */
  readonly headers?: Asked<Readonly<Record<string, string>>>;
  /** When to connect again after a loss. @default within 0.25 s, and after each failure up to twice as late, at most after 5 s */
  readonly reconnect?: ReconnectOptions;
  /** The `WebSocket` class to use. @default the platform's */
  readonly WebSocket?: WebSocketClass;
} & UrlOptions<UrlArguments<C>>;

/** What a client keeps while it is disconnected, or while the server is slow. */
export interface OutboxOptions {
  /** Messages. @default 1,000 */
  readonly messages?: number;
  /** Bytes of these messages. @default 4 MiB */
  readonly bytes?: number;
  /**
   * What happens to an event that exceeds the number of messages. `wait`: it waits if its `send` is awaited, and else fails
   * with `OUTBOX_FULL`. `reject`: it fails with `OUTBOX_FULL` at once. An event that exceeds the bytes always fails at once.
   * @default "wait"
   */
  readonly full?: "wait" | "reject";
}

/** What a client keeps of what its server sends. */
export interface ClientInboxOptions extends InboxOptions {
  /** Rooms of the client; a server allows 100, if its `perPeer` is not set. @default 1,000 */
  readonly rooms?: number;
  /** Members of a room whose presence is used: of a room with more, the client shows those that came first. @default 10,000 */
  readonly members?: number;
}

type UrlOptions<Arguments extends readonly unknown[]> = Named<"params", Arguments[0]> &
  Named<"query", Arguments[1]>;
type Named<Name extends string, Value> = undefined extends Value
  ? { readonly [N in Name]?: Asked<Value> }
  : { readonly [N in Name]: Asked<Value> };
/** A value, or a function that returns it at each dial. */
type Asked<Value> = Value | (() => Value | Promise<Value>);

/** Whether a value is to be asked for at each dial. */
export function isFunction(value: unknown): value is () => unknown {
  return typeof value === "function";
}
