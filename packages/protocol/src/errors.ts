import type { StandardSchemaV1 } from "@standard-schema/spec";

/** How a connection ended: the close code and reason of RFC 6455 §7.1.5–6, and whether both halves agreed to it. */
export interface Closed {
  /** The close code; 1005 when none was given, 1006 when the connection broke. */
  readonly code: number;
  /** The reason, at most 123 UTF-8 bytes; often empty. */
  readonly reason: string;
  /** True when a close frame was received, false when the connection broke. */
  readonly wasClean: boolean;
}

/** The conversation was closed: throw it to close with a code and reason, catch it when the other half closed. */
export class CloseError extends Error implements Closed {
  override readonly name: string = "CloseError";
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

/** The other half refused the handshake; `response` says with what status, headers and body. */
export class HandshakeError extends Error {
  override readonly name: string = "HandshakeError";
  readonly code = "REFUSED";
  declare readonly response: Response;

  constructor(response: Response) {
    super(`the handshake was refused with ${response.status} ${response.statusText}`.trimEnd());
    this.response = response;
  }
}

/**
 * A message failed at the half that handles it. It travels: thrown in a handler, its `code`, message and `data`
 * reach the sender.
 */
export class RequestError<Code extends string = string, Data = unknown> extends Error {
  override readonly name: string = "RequestError";
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

/** A value is not what its schema or codec says; `issues` names each place and what is wrong there. */
export class ValidationError extends Error {
  override readonly name: string = "ValidationError";
  readonly code = "INVALID";
  declare readonly issues: readonly StandardSchemaV1.Issue[];

  constructor(issues: readonly StandardSchemaV1.Issue[]) {
    super(issues.map(describe).join("; ") || "invalid value");
    this.issues = issues;
  }

  /** What the other half is told: the issues as JSON, each message cut to 200 characters. */
  get data(): { message: string; path: (string | number)[] }[] {
    return this.issues.map(({ message, path = [] }) => ({
      message: message.slice(0, 200),
      path: path.map(key),
    }));
  }
}

function describe({ message, path = [] }: StandardSchemaV1.Issue): string {
  const where = path.map(key).join(".");
  return `${where && `${where}: `}${message}`;
}

function key(step: PropertyKey | StandardSchemaV1.PathSegment): string | number {
  const plain = typeof step === "object" ? step.key : step;
  return typeof plain === "number" ? plain : String(plain);
}

/** The other half sent what the protocol does not allow; the connection closes with `closeCode`. */
export class ProtocolError extends Error {
  override readonly name: string = "ProtocolError";
  readonly code = "BAD_FRAME";
  declare readonly closeCode: number;

  /** `closeCode` defaults to 4400. */
  constructor(message: string, closeCode = 4400) {
    super(message);
    this.closeCode = closeCode;
  }
}

/** It may or may not have happened: the connection ended before the other half could say. */
export class OutcomeUnknown extends Error {
  override readonly name: string = "OutcomeUnknown";
  readonly code = "OUTCOME_UNKNOWN";
  /** False when the message certainly never left this half. */
  declare readonly sentBefore: boolean;

  constructor(sentBefore: boolean) {
    super(`the connection ended before ${sentBefore ? "the outcome was known" : "this was sent"}`);
    this.sentBefore = sentBefore;
  }
}
