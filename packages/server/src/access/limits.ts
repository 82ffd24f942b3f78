/** How many clients there may be at once. */
export interface LimitOptions {
  /** Connections of one server. Default 20,000; one more is refused with 503. */
  readonly connections?: number;
  /**
   * Connections from one address, of IPv6 from one /64. Default 100; one more is refused with 429. Behind a proxy all come
   * from its address, unless `trustProxy` is set.
   */
  readonly perAddress?: number;
  /** Connections of one `principal`, without the sessions whose client is away. Default 20; one more is refused with 429, in a session 4429. */
  readonly perPrincipal?: number;
  /**
   * Whether a proxy of yours is in front, and the last address of its `X-Forwarded-For` the client's. Default false: a
   * client could name any.
   */
  readonly trustProxy?: boolean;
}

/** The limits, with the defaults where nothing is said. */
export function resolveLimits(options: LimitOptions = {}): Required<LimitOptions> {
  return { connections: 20_000, perAddress: 100, perPrincipal: 20, trustProxy: false, ...options };
}
