import type { AnyContract, ContractDefinition, FrameCodec } from "@symbolon/protocol";
import type { ContractService } from "../contract/service.ts";
import type { Acceptance } from "../request/acceptance.ts";
import type { RouteSchemas } from "../request/context.ts";
import type { Exchange } from "../request/exchange.ts";
import type { AnyHook } from "../request/hook.ts";
import type { SocketOptions } from "../socket/socket-options.ts";

/** Answers an HTTP request. */
export type HttpHandler<Context> = (context: Context) => Response | Promise<Response>;

/** A WebSocket route. */
export type SocketRoute = {
  /** The hooks that run first, in order. */
  readonly hooks: readonly AnyHook[];
  /** The schemas of the request. */
  readonly schemas: RouteSchemas;
  /** What the apps in which the route is mounted set for it; the nearest counts, and the route's own options before it. */
  readonly outer: OuterOptions;
  /**
   * Prepares a raw socket, or a plain client of a contract, before the hooks run. Returns what serves it; that resolves with a
   * refusal, or with undefined once it is accepted. `outer` is that of the route as it was found.
   */
  readonly prepare: (
    exchange: Exchange,
    acceptance: Acceptance,
    outer: OuterOptions,
  ) => () => Promise<Response | undefined>;
} & (
  | {
      readonly type: "raw";
      /** How the route reads and writes, besides what `outer` sets. */
      readonly options: SocketOptions;
    }
  | { readonly type: "contract"; readonly service: ContractService<AnyContract> }
);

/** The codecs of a route besides JSON, the best first: that of its contract, then those of its app or, without a route, `ofApp`. */
export function codecsOf(
  route: SocketRoute | undefined,
  ofApp: readonly FrameCodec[] = [],
): readonly FrameCodec[] {
  const codecs = route?.outer.codecs ?? ofApp;
  if (route?.type !== "contract") return codecs;
  const { codec }: ContractDefinition = route.service.contract.definition;
  return codec === undefined ? codecs : [codec, ...codecs];
}

/** An HTTP route. */
export interface HttpRoute {
  /** The hooks that run first, in order. */
  readonly hooks: readonly AnyHook[];
  /** The app's handler. */
  readonly handler: HttpHandler<never>;
}

/** What an app sets for its routes, and for those of the apps that are mounted in it. */
export interface OuterOptions {
  /** How raw routes read and write. */
  readonly socket?: SocketOptions;
  /** The codecs of contracts besides JSON, the best first. */
  readonly codecs?: readonly FrameCodec[] | undefined;
}
