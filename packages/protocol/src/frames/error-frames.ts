import { RequestError, ValidationError } from "../errors.ts";
import { checkFrame } from "./frame-codec.ts";
import type { ErrorFrame, EventFrame, Frame, RequestFrame, StreamFrame } from "./frame.ts";
import { array, object, optional, string } from "./frame-shapes.ts";

const isIssue = object({ message: string, path: optional(array((step) => typeof step !== "object")) });

/** The reply to a message whose name has no handler. */
export function notFound({
  t,
  name,
}: Pick<EventFrame | RequestFrame | StreamFrame, "t" | "name">): RequestError {
  return new RequestError("NOT_FOUND", `no handler for ${t} ${JSON.stringify(name)}`);
}

/** The error that an `error` frame carries. */
export function fromErrorFrame({ code, message, data }: ErrorFrame): RequestError | ValidationError {
  return code === "INVALID" && Array.isArray(data)
    ? new ValidationError(data.filter(isIssue))
    : new RequestError(code, message, data);
}

/**
 * The frame that reports an error: its code, message and data.
 * @throws the error itself when it is not a RequestError, ProtocolError when its code or data cannot be in a frame.
 */
export function toErrorFrame(re: number | undefined, error: unknown): Frame {
  if (!(error instanceof RequestError)) throw error;
  const { code, message, data } = error;
  return checkFrame({ t: "error", re, code, message, data }); // an empty code, say, would end the conversation
}
