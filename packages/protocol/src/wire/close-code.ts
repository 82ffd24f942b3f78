/** The close codes of RFC 6455 §7.4.1, its registry, and of this protocol (PROTOCOL.md). */
export const CloseCode = {
  /** The conversation is over as intended. */
  Normal: 1000,
  /** The half is leaving: a page closed, a server shutting down. */
  GoingAway: 1001,
  /** The other half broke RFC 6455. */
  ProtocolError: 1002,
  /** A message of a kind this route does not take. */
  UnsupportedData: 1003,
  /** No code was given; never sent. */
  NoStatus: 1005,
  /** The connection broke; never sent. */
  Abnormal: 1006,
  /** A text message that is not UTF-8. */
  InvalidPayload: 1007,
  /** Something this server does not allow. */
  PolicyViolation: 1008,
  /** A message over the size limit. */
  TooLarge: 1009,
  /** An unexpected failure of the server. */
  InternalError: 1011,
  /** The server restarts; come back. */
  ServiceRestart: 1012,
  /** The server is overloaded; come back later. */
  TryAgainLater: 1013,
  /** What was said is not the protocol (HTTP 400). */
  BadRequest: 4400,
  /** The credential is missing or has ended (HTTP 401). */
  Unauthorized: 4401,
  /** The caller may not do this (HTTP 403). */
  Forbidden: 4403,
  /** Nothing is served at this path (HTTP 404). */
  NotFound: 4404,
  /** The other half was silent for too long (HTTP 408). */
  Timeout: 4408,
  /** More than the limit allows (HTTP 429). */
  TooMany: 4429,
  /** A newer connection of the same client took over. */
  Superseded: 4900,
  /** The client reads more slowly than it is told. */
  SlowConsumer: 4901,
  /** The server no longer has the session. */
  SessionLost: 4902,
  /** No `hello` arrived in time. */
  NoHello: 4903,
} as const;
