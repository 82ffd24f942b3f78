import { RequestError, ValidationError } from "./errors.ts";
import {
  type ErrorFrame,
  type EventFrame,
  readFrame,
  type RequestFrame,
  type StreamFrame,
  writeFrame,
} from "./frame.ts";

/** What is answered to a message by a name that nobody handles. */
export function notFound({ t, name }: EventFrame | RequestFrame | StreamFrame): RequestError {
  return new RequestError("NOT_FOUND", `there is no ${t} ${JSON.stringify(name)}`);
}

/** The error that an `error` frame tells of. */
export function refusalOf({ code, message, data }: ErrorFrame): RequestError | ValidationError {
  return code === "INVALID" && Array.isArray(data)
    ? new ValidationError(data.filter(isIssue))
    : new RequestError(code, message, data);
}

/**
 * Writes what the other half is told of an error: its code, message and data, when it is one that travels.
 * @throws the error itself when it is not, TypeError or ProtocolError when what it carries cannot be sent.
 */
export function writeRefusal(re: number | undefined, error: unknown): string {
  if (!(error instanceof RequestError || error instanceof ValidationError)) throw error;
  const { code, message, data } = error;
  const answer = writeFrame({ t: "error", re, code, message, data });
  readFrame(answer); // an empty code, say: the other half would end the conversation over it
  return answer;
}

function isIssue(value: unknown): value is { message: string; path?: (string | number)[] } {
  const { message, path = [] } = Object(value) as { message?: unknown; path?: unknown };
  return typeof message === "string" && Array.isArray(path) && path.every((step) => typeof step !== "object");
}
