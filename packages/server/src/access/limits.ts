/** How many clients may be connected at once, how fast and how slowly they may send, and what they may keep together. */
export interface LimitOptions {
  /**
   * WebSockets of one server; one more is refused with 503. Under `serve` as many connections may be open that are not
   * WebSockets.
   * @default 20_000
   */
  readonly connections?: number;
  /**
   * WebSockets from one address, for IPv6 from one /64; one more is refused with 429, and one line in the log says so.
   * Behind a proxy all connections come from its address, unless `trustProxy` is set.
   * @default 100
   */
  readonly perAddress?: number;
  /**
   * Connections from one address that are not WebSockets, under `serve`: HTTP, and those that have sent nothing yet. One
   * more is answered with 429 and closed. With `trustProxy` there is no such limit, since all of them come from the proxy.
   * @default 300
   */
  readonly httpPerAddress?: number;
  /**
   * Connections of one `principal`; one more is refused with 429, in a session with 4429. It does not bound sessions
   * without a connection: `sessions.detachedPerPrincipal` does.
   * @default 20
   */
  readonly perPrincipal?: number;
  /**
   * Messages and pings of one connection in a second; up to twice as many at once. The server reads a faster raw or plain
   * client later, and starts the handlers of a faster session later. It drops none of their messages but volatile events.
   * @default 100
   */
  readonly messagesPerSecond?: number;
  /**
   * Bytes of these messages in a second; up to twice as many at once.
   * @default 1_048_576
   */
  readonly bytesPerSecond?: number;
  /**
   * Handlers of contracts that run at once, besides 16 requests and streams and one event for each client. The clients of
   * one principal, or of one address without one, may use as many as are still free; the others start later.
   * @default 10_000
   */
  readonly handlers?: number;
  /**
   * How often clients of one address may fail in a minute to resume a session that exists, by a wrong secret, key or
   * principal. After that each resume of the address that fails is closed with 4429; valid ones are not.
   * @default 10
   */
  readonly failedResumes?: number;
  /**
   * Bytes that wait to be sent on all connections of one server, with 256 for each message. Beyond them the server ends the
   * connections on which the most waits, with 4901; a session waits for its client.
   * @default 134_217_728
   */
  readonly outboundBytes?: number;
  /**
   * Bytes that the rooms of all contracts keep together, when the app has no store: 1 KiB for each room, 256 for each
   * message, and the data. The clients of one principal, or of one address without one, may cause as much as is still free;
   * beyond that their handlers cannot send in rooms (`TOO_MUCH_HISTORY`) or join new ones (`TOO_MANY_ROOMS`). For other
   * messages of the application the largest rooms drop their oldest messages; their members receive a gap. With a store its
   * own `bytes` are divided like this.
   * @default 134_217_728
   */
  readonly historyBytes?: number;
  /**
   * Whether a proxy of yours is in front of the server: the last address of `X-Forwarded-For` is then the client's, and the
   * scheme of an `Origin` must be the one of `X-Forwarded-Proto`. Without a proxy a client could send anything there.
   * @default false
   */
  readonly trustProxy?: boolean;
  /**
   * How long a message may take to arrive, from its first byte to its last, in ms; then the connection closes with 1008.
   * Raise it with `maxPayload`, for clients on slow networks. Time during which the server does not read does not count.
   * @default 30_000
   */
  readonly messageTimeout?: number;
}

/** The limits, with their defaults. */
export function resolveLimits(options: LimitOptions = {}): Required<LimitOptions> {
  return {
    connections: 20_000,
    perAddress: 100,
    httpPerAddress: 300,
    perPrincipal: 20,
    messagesPerSecond: 100,
    bytesPerSecond: 2 ** 20,
    handlers: 10_000,
    failedResumes: 10,
    outboundBytes: 2 ** 27,
    historyBytes: 2 ** 27,
    trustProxy: false,
    messageTimeout: 30_000,
    ...options,
  };
}
