import { transportOf } from "./transport.ts";

/** How the server refuses. */
export interface RefusalInit {
  /** Names the check in the log: the option that opens the way, where there is one. */
  readonly kind: string;
  readonly status: number;
  /** What the client reads: what is wrong, and which option opens the way. It has no secrets. */
  readonly reason: string;
  /** What the log has in place of the reason. @default the reason */
  readonly log?: string;
  /** The body of the response. @default the reason */
  readonly body?: string;
  /** When the client may try again, in s. @default not named */
  readonly retryAfter?: number;
  /** Other headers of the response. @default none */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal of the server's own, which no hook or handler has decided. */
export class Refusal extends Response {
  readonly kind: string;
  readonly reason: string;
  /** What the log has. */
  readonly log: string;
  /** When the client may try again, in s; undefined where that is unknown. */
  readonly retryAfter: number | undefined;

  constructor({ kind, status, reason, log = reason, body = reason, retryAfter, headers }: RefusalInit) {
    super(body, {
      status,
      headers: { ...headers, ...(retryAfter !== undefined && { "retry-after": String(retryAfter) }) },
    });
    this.kind = kind;
    this.reason = reason;
    this.log = log;
    this.retryAfter = retryAfter;
  }
}

/** What the server saw of a request that it refused. What the client sent is cut to 256 characters. */
export interface SeenRequest {
  readonly origin?: string;
  readonly host?: string;
  /** The address of the client, by `limits.trustProxy` where it is set. */
  readonly address?: string;
  /** The path without the query, which may hold a secret. */
  readonly path?: string;
}

/** The server itself has refused a client. `onError` receives it with the phase `"refused"`. */
export class RefusedError extends Error {
  override readonly name: string = "RefusedError";
  /** Names the check: the option that opens the way, such as `security.origins`, where there is one. */
  readonly kind: string;
  /** The status by which the client was refused. */
  readonly status: number;
  /** How many refusals this error reports: more than 1 for those that were not reported one by one. */
  readonly count: number;
  /** What the server saw of the refused request, or of the first of several. */
  readonly seen: SeenRequest;

  /** @internal */
  constructor(refusal: Refusal, request: Request, count = 1) {
    const { kind, status, log } = refusal;
    super(
      count === 1
        ? `refused with ${status}: ${log}`
        : `refused ${count} more within a minute with ${status}, the first of them: ${log}`,
    );
    this.kind = kind;
    this.status = status;
    this.count = count;
    this.seen = seenOf(request);
  }
}

/** Text of a client as a log may have it: on one line, of at most 256 characters. */
export function quote(text: string): string {
  return text.slice(0, 256).replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
}

function seenOf(request: Request): SeenRequest {
  const { address } = transportOf(request);
  const { host, pathname, protocol } = new URL(request.url);
  const origin = request.headers.get("origin");
  return {
    ...(origin !== null && { origin: quote(origin) }),
    ...(protocol !== "symbolon:" && { host: quote(host) }),
    ...(address !== undefined && { address: quote(address) }),
    ...(protocol !== "symbolon:" && { path: quote(pathname) }),
  };
}
