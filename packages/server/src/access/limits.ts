/** How many clients may be connected at once. */
export interface LimitOptions {
  /**
   * Connections of one server; one more is refused with 503.
   * @default 20_000
   */
  readonly connections?: number;
  /**
   * Connections from one address, for IPv6 from one /64; one more is refused with 429. Behind a proxy all connections
   * come from its address, unless `trustProxy` is set.
   * @default 100
   */
  readonly perAddress?: number;
  /**
   * Connections of one `principal`; one more is refused with 429, in a session with 4429. It does not bound sessions
   * without a connection: `sessions.detachedPerPrincipal` does.
   * @default 20
   */
  readonly perPrincipal?: number;
  /**
   * Whether a proxy of yours is in front of the server: the last address of `X-Forwarded-For` is then the client's. Without
   * a proxy a client could send any address there.
   * @default false
   */
  readonly trustProxy?: boolean;
}

/** The limits, with their defaults. */
export function resolveLimits(options: LimitOptions = {}): Required<LimitOptions> {
  return { connections: 20_000, perAddress: 100, perPrincipal: 20, trustProxy: false, ...options };
}
