import type { AnyContract, FrameCodec, UrlArguments } from "@symbolon/protocol";
import type { WebSocketClass } from "./connection/websocket-class.ts";

/** Where a contract is served, and as whom to connect. */
export type ConnectOptions<C extends AnyContract> = {
  /** The server: `https://example.com` or `wss://example.com`; its path, if any, comes before the contract's. */
  readonly url: string | URL;
  /**
   * Asked before every dial for the credential that `hello` carries, and when the one that it gave is about to end; a
   * rejection is a failed try. Default none.
   */
  readonly getToken?: () => string | Promise<string>;
  /**
   * How what is said stands on the wire, if the server has it too: `msgpack` of `@symbolon/protocol/msgpack`. Default
   * JSON, which is also spoken with a server that does not have it.
   */
  readonly codec?: FrameCodec;
  /** What is kept for the server until it has handled it. */
  readonly outbox?: OutboxOptions;
  /** The `WebSocket` class to use. Default: the platform's. */
  readonly WebSocket?: WebSocketClass;
} & UrlOptions<UrlArguments<C>>;

/** What a client keeps while the server is away, or slow. */
export interface OutboxOptions {
  /** Messages, default 1,000. */
  readonly messages?: number;
  /** Characters of them, default 4 Mi. */
  readonly bytes?: number;
  /**
   * What becomes of an event too many. `wait`, the default: it waits while its `send` is awaited, and fails with
   * `OUTBOX_FULL` when it was left alone. `reject`: it fails with `OUTBOX_FULL`.
   */
  readonly full?: "wait" | "reject";
}

type UrlOptions<Arguments extends readonly unknown[]> = Named<"params", Arguments[0]> &
  Named<"query", Arguments[1]>;
type Named<Name extends string, Value> = undefined extends Value
  ? { readonly [N in Name]?: Value }
  : { readonly [N in Name]: Value };
