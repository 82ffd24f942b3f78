import { CloseCode, CloseError, ProtocolError, ValidationError } from "@symbolon/protocol";
import { checkCloseCode, closeCodeOfStatus, cutReason } from "@symbolon/protocol/internal";

/** A close one may send. */
export interface Close {
  /** 1000–1003, 1007–1014 or 3000–4999; another is sent as 1011. */
  readonly code: number;
  /** At most 123 UTF-8 bytes are sent. Default empty. */
  readonly reason?: string;
}

/** Where an error came from. */
export interface ErrorContext {
  /** The request that was served. One to `symbolon:store` stands for it where none was: the store failed as sessions were to end, or as a room was spoken to. */
  readonly request: Request;
  /**
   * `"handshake"` before a socket is accepted or an HTTP request answered, `"open"` while a socket is, `"ending"` when
   * a hook's ending, the code after a setup's `yield`, the body of a response or the store failed: nobody waits for an answer there.
   */
  readonly phase: "handshake" | "open" | "ending";
}

/** What answers an error: a `Response`, or a close, as a `CloseError` is one; nothing for the default. */
export type ErrorAnswer = Response | Close | void;

/**
 * Told of every error that is no answer of its own, as a thrown `Response` and `CloseError` are. What it returns answers
 * the client: a close before accept is a 403 that names it, a `Response` after accept closes with 4000 + its status.
 * Ask by `instanceof`, the most special class first. When it throws itself, the default answers and both errors are logged.
 */
export type OnError = (error: unknown, context: ErrorContext) => ErrorAnswer | Promise<ErrorAnswer>;

/** Tells the app of an error. Resolves with its answer, or undefined for the default. Never rejects. */
export async function report(
  onError: OnError,
  error: unknown,
  context: ErrorContext,
): Promise<Response | Close | undefined> {
  try {
    return (await onError(error, context)) ?? undefined;
  } catch (failure) {
    console.error("symbolon: onError failed", failure, "when it was told of", error);
    return undefined;
  }
}

/** A hook or handler did not decide a handshake in time. */
export class HandshakeTimeout extends Error {
  override readonly name: string = "Overdue";

  /** `ms` is how long it had. */
  constructor(ms: number) {
    super(`a hook or handler did not accept or refuse the handshake within ${ms} ms`);
  }
}

/** The response that answers what was thrown before accept: itself, 403 for a close, else what the app says, else 500, or 503 for `Overdue`. */
export async function errorResponse(
  thrown: unknown,
  told: () => Promise<Response | Close | undefined>,
): Promise<Response> {
  const answer = isAnswer(thrown) ? thrown : await told();
  if (answer === undefined) return defaultRefusal(thrown);
  return answer instanceof Response ? answer : new CloseResponse(answer);
}

/** The close that answers what was thrown after accept: itself, 4000 + a response's status, else what the app says, else 1003 for a `ValidationError`, a `ProtocolError`'s own code, and 1011 for the rest. */
export async function errorClose(
  thrown: unknown,
  told: () => Promise<Response | Close | undefined>,
): Promise<Required<Close>> {
  const answer = (isAnswer(thrown) ? thrown : await told()) ?? defaultClose(thrown);
  if (answer instanceof Response) return closeFromResponse(answer);
  const { code, reason = "" } = answer;
  return { code, reason };
}

/** A close as it may be sent (RFC 6455 §7.4): an illegal code becomes 1011. */
export function sendableClose({ code, reason = "" }: Close): Required<Close> {
  try {
    checkCloseCode(code);
    return { code, reason: cutReason(reason) };
  } catch {
    return { code: CloseCode.InternalError, reason: "" };
  }
}

/** A close before accept is a 403, with the code and reason in its body: over HTTP no client could see them otherwise. */
export class CloseResponse extends Response {
  /** The close that was meant; a session, whose 101 is written, can still be told it. */
  readonly close: Required<Close>;

  constructor({ code, reason = "" }: Close) {
    const headers = { "content-type": "application/json" };
    super(JSON.stringify({ code, reason }), { status: 403, headers });
    this.close = { code, reason };
  }
}

/** The close that says what a response would have said: 4000 + its status, and its text as far as it fits. */
export async function closeFromResponse(response: Response): Promise<Required<Close>> {
  if (response instanceof CloseResponse) return response.close;
  const reason = await reasonOf(response).catch(() => ""); // a body that broke has nothing to say
  return { code: closeCodeOfStatus(response.status), reason: cutReason(reason) };
}

async function reasonOf(response: Response): Promise<string> {
  const body = await response.text();
  if (response.headers.get("content-type")?.startsWith("application/problem+json") !== true) return body;
  const { detail } = JSON.parse(body) as { readonly detail?: unknown };
  return typeof detail === "string" ? detail : "";
}

function isAnswer(thrown: unknown): thrown is Response | CloseError {
  return thrown instanceof Response || thrown instanceof CloseError;
}

function defaultRefusal(thrown: unknown): Response {
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
