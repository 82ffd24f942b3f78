import type { StandardSchemaV1 } from "@standard-schema/spec";

/** How a connection ended: the close code and reason of RFC 6455 §7.1.5–6, and whether both peers agreed to it. */
export interface Closed {
  /** The close code; 1005 when none was given, 1006 when the connection broke. */
  readonly code: number;
  /** The reason, at most 123 UTF-8 bytes; often empty. */
  readonly reason: string;
  /** True when a close frame was received, false when the connection broke. */
  readonly wasClean: boolean;
}

/** The class of an error, of whatever package. */
interface Branded {
  readonly symbolon?: unknown;
}

/**
 * An error that `instanceof` knows although another copy of this package has made it: the package of a contract may have its
 * own copy.
 */
class KnownError extends Error {
  /** Names the class in every copy. It begins with the name of the class above, if that has one. */
  declare protected static readonly symbolon: string;
  override readonly name: string = (this.constructor as typeof KnownError).symbolon;

  /** Whether a value is of this class, or of the same class of another copy. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return Object.hasOwn(this, "symbolon") // else a user's own class
      ? value instanceof Error && String((value.constructor as Branded).symbolon).startsWith(this.symbolon)
      : super[Symbol.hasInstance](value);
  }
}

/** The conversation was closed: throw it to close with a code and reason, catch it when the remote peer closed. */
export class CloseError extends KnownError implements Closed {
  protected static override readonly symbolon: string = "CloseError";
  declare readonly code: number;
  declare readonly reason: string;
  declare readonly wasClean: boolean;

  /** `wasClean` defaults to true. */
  constructor(code: number, reason = "", wasClean = true) {
    super(`closed with ${code}${reason && `: ${reason}`}`);
    this.code = code;
    this.reason = reason;
    this.wasClean = wasClean;
  }
}

/** The server refused the handshake; `response` has its status, headers and body. */
export class HandshakeError extends KnownError {
  protected static override readonly symbolon: string = "HandshakeError";
  readonly code = "REFUSED";
  declare readonly response: Response;

  constructor(response: Response) {
    super(`the handshake was refused with ${response.status} ${response.statusText}`.trimEnd());
    this.response = response;
  }
}

/**
 * A message failed at the peer that handles it. It travels: thrown in a handler, its `code`, message and `data`
 * reach the sender.
 */
export class RequestError<Code extends string = string, Data = unknown> extends KnownError {
  protected static override readonly symbolon: string = "RequestError";
  /** `NOT_FOUND`, `TIMEOUT`, `CANCELLED`, `INTERNAL`, or a code of the application's own. */
  declare readonly code: Code;
  /** What the handler attached, as JSON. */
  declare readonly data: Data;

  constructor(code: Code, message: string = code, data?: Data) {
    super(message);
    this.code = code;
    this.data = data as Data;
  }
}

/** What is wrong with a value, and where; as JSON can carry it. */
export interface Issue {
  /** At most 200 characters, and 100 from the first quotation mark or digit on: they may be a part of the value. */
  readonly message: string;
  /** From the value inwards, at most 32 steps of at most 100 characters; empty for the value itself. */
  readonly path: readonly (string | number)[];
}

/**
 * A value does not match its schema or codec: a `RequestError` with the code `INVALID`, whose data are its issues, as many
 * of the first as have 8,192 characters in all.
 */
export class ValidationError extends RequestError<"INVALID", readonly Issue[]> {
  protected static override readonly symbolon: string = "RequestError.INVALID";
  override readonly name: string = "ValidationError";

  /** Copies the issues that a schema found. */
  constructor(found: readonly StandardSchemaV1.Issue[]) {
    let capacity = 8_192; // characters: a report of a thousand issues would be too long; one issue always fits
    const issues = found
      .map(issueOf)
      .filter(({ message, path }) => (capacity -= message.length + path.join().length) > 0);
    super("INVALID", issues.map(described).join("; ") || "invalid value", issues);
  }

  /** Each place that is wrong, and what is wrong there. */
  get issues(): readonly Issue[] {
    return this.data;
  }
}

function issueOf({ message, path = [] }: StandardSchemaV1.Issue): Issue {
  const short = message.replace(/^([^"`\d]{0,100}.{0,100}).*/s, "$1");
  return { message: short, path: path.slice(0, 32).map(keyOf) };
}

function keyOf(step: PropertyKey | StandardSchemaV1.PathSegment): string | number {
  const key = typeof step === "object" ? step.key : step;
  return typeof key === "number" ? key : String(key).slice(0, 100);
}

function described({ message, path }: Issue): string {
  const where = path.join(".");
  return `${where && `${where}: `}${message}`;
}

/** The remote peer sent what the protocol does not allow; the connection closes with `closeCode`. */
export class ProtocolError extends KnownError {
  protected static override readonly symbolon: string = "ProtocolError";
  readonly code = "BAD_FRAME";
  declare readonly closeCode: number;

  /** `closeCode` defaults to 4400. */
  constructor(message: string, closeCode = 4400) {
    super(message);
    this.closeCode = closeCode;
  }
}

/** A message may or may not have been handled: the connection ended before the remote peer could report the outcome. */
export class OutcomeUnknown extends KnownError {
  protected static override readonly symbolon: string = "OutcomeUnknown";
  readonly code = "OUTCOME_UNKNOWN";
  /** False when the message certainly never left this peer. */
  declare readonly sentBefore: boolean;

  constructor(sentBefore: boolean) {
    super(`the connection ended before ${sentBefore ? "the outcome was known" : "this was sent"}`);
    this.sentBefore = sentBefore;
  }
}
