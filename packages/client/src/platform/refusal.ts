/** Why a server refused a handshake: its HTTP answer. */
export interface HandshakeRefusal {
  /** The HTTP status; below 400 the server would accept the handshake, or sends elsewhere. */
  readonly status: number;
  /** The reason, as a CloseError has it: the body, unless that is a page. */
  readonly reason: string;
  /** The body, at most 8,192 characters. A browser does not give it. */
  readonly body?: string;
  /** The server accepts no try before so many seconds: `Retry-After`. */
  readonly retryAfter?: number | undefined;
}
