import { CloseCode, CloseError, ProtocolError, ValidationError } from "@symbolon/protocol";
import { checkCloseCode, closeCodeOfStatus, cutReason } from "@symbolon/protocol/internal";
import { randomBytes } from "node:crypto";
import { describeValue, toResponse } from "./response.ts";

/** A close that the server sends. */
export interface Close {
  /** 1000–1003, 1007–1014 or 3000–4999; another code is sent as 1011. */
  readonly code: number;
  /**
   * Cut to 123 UTF-8 bytes.
   * @default ""
   */
  readonly reason?: string;
}

/** Where an error comes from. */
export interface ErrorContext {
  /**
   * The request that was served. A request to `symbolon:store` stands for it when the store failed while the app served
   * no request: as it ended sessions, or sent to a room. A request to `symbolon:refused` stands for a connection or a request
   * that the server refused before it could read it.
   */
  readonly request: Request;
  /**
   * `"handshake"`: the socket is not accepted yet, or the HTTP request is not answered yet. `"open"`: the socket is open.
   * `"receive"`: a listener to text or binary messages has dropped one of the other type, and goes on; a connection reports
   * this once, and the answer has no effect. `"ending"`: the end of a hook, the code after a setup's `yield`, the body of a
   * response or the store failed, so no client waits for an answer. `"refused"`: the server itself has refused a client, by
   * one of its checks or limits. The error names what it saw and which option opens the way. The client has its answer
   * already. Of each kind the server reports 10 in a minute, and then how many there were besides.
   */
  readonly phase: "handshake" | "open" | "receive" | "ending" | "refused";
  /**
   * Names what a handler of a contract threw: the sender of the message receives `INTERNAL` with the same `id` in the
   * error's data. Other errors have none.
   */
  readonly id?: string;
}

/** What answers an error: a `Response`, a close (a `CloseError` is one), or undefined for the default. */
export type ErrorAnswer = Response | Close | void;

/**
 * Called with every error, except a thrown `Response` or `CloseError`: these are answers themselves. The client gets the
 * returned answer. A close before accept is sent as a 403 whose body names it; a `Response` after accept closes with
 * 4000 + its status. Test by `instanceof`, the most special class first. When it throws, the client gets the default
 * answer, and both errors are logged.
 */
export type OnError = (error: unknown, context: ErrorContext) => ErrorAnswer | Promise<ErrorAnswer>;

const clientErrors = new WeakSet<object>();

/** Marks an error as the client's mistake. Returns the same error. */
export function markClientError<Mistake extends Error>(error: Mistake): Mistake {
  clientErrors.add(error);
  return error;
}

/** Whether an error is the client's mistake: an invalid message, or a subprotocol that the client did not offer. */
export function isClientError(error: unknown): error is Error {
  return error instanceof Error && clientErrors.has(error);
}

/** An error as one line of a log, of at most 512 characters: a client whose text is in it cannot forge a second line. */
export function toLogLine(error: Error): string {
  return String(error)
    .slice(0, 512)
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
}

/** A new id of an error: 64 random bits. */
export function newErrorId(): string {
  return randomBytes(8).toString("hex");
}

/** Passes an error to `onError`. Resolves with its answer, or undefined for the default. Never rejects. */
export async function report(
  onError: OnError,
  error: unknown,
  context: ErrorContext,
): Promise<Response | Close | undefined> {
  try {
    const answer: unknown = await onError(error, context);
    if (answer === undefined) return undefined;
    const response = toResponse(answer);
    if (response !== undefined) return response;
    if (isClose(answer)) return answer;
    console.error(
      `symbolon: onError returned ${describeValue(answer)}, which is ignored: return a Response, { code, reason } or nothing`,
    );
    return undefined;
  } catch (failure) {
    const handled = isClientError(error) ? toLogLine(error) : error;
    console.error("symbolon: onError failed", failure, "while it handled", handled);
    return undefined;
  }
}

/** A hook or handler did not decide a handshake in time. */
export class HandshakeTimeout extends Error {
  override readonly name: string = "HandshakeTimeout";

  /** `ms` is the time that it had. */
  constructor(ms: number) {
    super(`a hook or handler did not accept or refuse the handshake within ${ms} ms`);
  }
}

/**
 * The response to an error that was thrown before accept. A thrown `Response` is the answer itself; a `CloseError` gives
 * 403. Otherwise `reported` gives the app's answer, and the default is 500, or 503 for a `HandshakeTimeout`.
 */
export async function errorResponse(
  thrown: unknown,
  reported: () => Promise<Response | Close | undefined>,
): Promise<Response> {
  const answer = answerOf(thrown) ?? (await reported());
  if (answer === undefined) return defaultResponse(thrown);
  return answer instanceof Response ? answer : new CloseResponse(answer);
}

/**
 * The close for an error that was thrown after accept. A thrown `CloseError` is the answer itself; a `Response` gives
 * 4000 + its status. Otherwise `reported` gives the app's answer, and the default is 1003 for a `ValidationError`, the
 * code of a `ProtocolError`, and 1011 for other errors.
 */
export async function errorClose(
  thrown: unknown,
  reported: () => Promise<Response | Close | undefined>,
): Promise<Required<Close>> {
  const answer = answerOf(thrown) ?? (await reported()) ?? defaultClose(thrown);
  if (answer instanceof Response) return closeFromResponse(answer);
  const { code, reason = "" } = answer;
  return { code, reason };
}

/** A close as an endpoint may send it (RFC 6455 §7.4): an illegal code becomes 1011. */
export function sendableClose({ code, reason = "" }: Close): Required<Close> {
  try {
    checkCloseCode(code);
    return { code, reason: cutReason(reason) };
  } catch {
    return { code: CloseCode.InternalError, reason: "" };
  }
}

/** A close before accept: a 403 with the code and reason in its body, since an HTTP client sees no close frame. */
export class CloseResponse extends Response {
  /** The close itself. A session, whose 101 is already written, is closed with it. */
  readonly close: Required<Close>;

  constructor({ code, reason = "" }: Close) {
    const headers = { "content-type": "application/json" };
    super(JSON.stringify({ code, reason }), { status: 403, headers });
    this.close = { code, reason };
  }
}

/** The close that replaces a response: 4000 + its status, and its text, cut to fit. */
export async function closeFromResponse(response: Response): Promise<Required<Close>> {
  if (response instanceof CloseResponse) return response.close;
  const reason = await reasonFrom(response).catch(() => ""); // the body broke
  return { code: closeCodeOfStatus(response.status), reason: cutReason(reason) };
}

async function reasonFrom(response: Response): Promise<string> {
  const body = await response.text();
  if (response.headers.get("content-type")?.startsWith("application/problem+json") !== true) return body;
  const { detail } = JSON.parse(body) as { readonly detail?: unknown };
  return typeof detail === "string" ? detail : "";
}

/** The answer that was thrown; undefined for an error. */
function answerOf(thrown: unknown): Response | CloseError | undefined {
  try {
    return thrown instanceof CloseError ? thrown : toResponse(thrown);
  } catch {
    return undefined; // a Response that cannot be sent is reported like an error
  }
}

function isClose(answer: unknown): answer is Close {
  const { code, reason } = Object(answer) as { readonly code?: unknown; readonly reason?: unknown };
  return Number.isInteger(code) && (reason === undefined || typeof reason === "string");
}

function defaultResponse(thrown: unknown): Response {
  return thrown instanceof HandshakeTimeout
    ? new Response("The handshake took too long", { status: 503 })
    : new Response("Internal Server Error", { status: 500 });
}

function defaultClose(thrown: unknown): Close {
  if (thrown instanceof ValidationError)
    return { code: CloseCode.UnsupportedData, reason: "unsupported data" };
  if (thrown instanceof ProtocolError) return { code: thrown.closeCode, reason: "unexpected message" };
  return { code: CloseCode.InternalError };
}
