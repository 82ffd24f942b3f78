import type { FrameCodec } from "@symbolon/protocol";
import type { LimitOptions } from "../access/limits.ts";
import type { SecurityOptions } from "../access/origin.ts";
import type { Traffic } from "../access/traffic.ts";
import type { OnError } from "../request/errors.ts";
import type { AnyHook } from "../request/hook.ts";
import type { Clock } from "../timing/clock.ts";

/** Limits of undecided handshakes. */
export interface HandshakeOptions {
  /**
   * How long hooks and a handler may take to accept or refuse, in ms; then the handshake is refused with 503. Under
   * `attach`, how long other listeners may take to answer an upgrade at a path that no app has; then it is refused with 404.
   * @default 10_000
   */
  readonly timeout?: number;
  /**
   * How many handshakes may be undecided at once, and how many sessions may be without their `hello`; one more is refused
   * with 503.
   * @default 1_000
   */
  readonly pending?: number;
}

/** How requests are answered. */
export interface DispatchOptions {
  /** Which pages may connect, and by which host names the app may be reached. */
  readonly security: SecurityOptions;
  /** Whether a proxy is trusted. @default the defaults of `LimitOptions` */
  readonly limits?: Pick<LimitOptions, "trustProxy">;
  /** Called with errors. */
  readonly onError: OnError;
  /** The time of deadlines. */
  readonly clock: Clock;
  /** Limits of undecided handshakes. */
  readonly handshake?: HandshakeOptions | undefined;
  /** The codecs of contracts besides JSON, the best first. @default [] */
  readonly codecs?: readonly FrameCodec[] | undefined;
  /** Answers HTTP requests without a route. @default 426 where a WebSocket route is, else 404 */
  readonly fetch?: ((request: Request) => Response | Promise<Response>) | undefined;
  /** Counts what passes. @default nothing is counted */
  readonly traffic?: Traffic | undefined;
  /** Hooks that run in place of others, for tests. @default none */
  readonly replaced?: ReadonlyMap<AnyHook, AnyHook>;
}
