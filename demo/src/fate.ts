import { OutcomeUnknown, RequestError } from "@symbolon/client";

/** What is shown of a line that is not delivered. */
export const fates = {
  pending: "Pending",
  unknown: "The connection was lost for too long: perhaps this was not sent.",
  again: "Send again",
  refused: "Not sent",
} as const;

/** Why the server would not have a line. */
export function reasonOf(error: unknown): string {
  const { issues } = Object(error) as { readonly issues?: readonly { readonly message: string }[] };
  return issues?.[0]?.message ?? "The server could not take this message";
}

/** Whether a stream ended because the server has lost its half of it: asked now, it begins anew. */
export function isCutShort(error: unknown): boolean {
  return error instanceof OutcomeUnknown || (error instanceof RequestError && error.code === "INTERRUPTED");
}
