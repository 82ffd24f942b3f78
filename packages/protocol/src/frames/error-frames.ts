import { RequestError, ValidationError } from "../errors.ts";
import {
  checkFrame,
  type ErrorFrame,
  type EventFrame,
  type Frame,
  type RequestFrame,
  type StreamFrame,
} from "./frame.ts";
import { array, object, optional, text } from "./frame-shapes.ts";

const isIssue = object({ message: text, path: optional(array((step) => typeof step !== "object")) });

/** What is answered to a message by a name that nobody handles. */
export function notFound({ t, name }: EventFrame | RequestFrame | StreamFrame): RequestError {
  return new RequestError("NOT_FOUND", `there is no ${t} ${JSON.stringify(name)}`);
}

/** The error that an `error` frame tells of. */
export function fromErrorFrame({ code, message, data }: ErrorFrame): RequestError | ValidationError {
  return code === "INVALID" && Array.isArray(data)
    ? new ValidationError(data.filter(isIssue))
    : new RequestError(code, message, data);
}

/**
 * What the other half is told of an error: its code, message and data, when it is one that travels.
 * @throws the error itself when it is not, ProtocolError when what it carries is no frame.
 */
export function toErrorFrame(re: number | undefined, error: unknown): Frame {
  if (!(error instanceof RequestError)) throw error;
  const { code, message, data } = error;
  return checkFrame({ t: "error", re, code, message, data }); // an empty code, say: it would end the conversation
}
