import { OutcomeUnknown, RequestError } from "@symbolon/client";

/** A part of a sentence: plain text, or a person's name. A name may be written from right to left. */
export type TextPart = string | { readonly name: string };

/** The sentence that names the people who are typing; empty when there are none. */
export function typingText(names: readonly string[]): TextPart[] {
  const [first, second, ...more] = names;
  if (first === undefined) return [];
  if (second === undefined) return [{ name: first }, " is typing…"];
  if (more.length > 0) return ["Several people are typing…"];
  return [{ name: first }, " and ", { name: second }, " are typing…"];
}

/** Whether the server has lost the stream `typing`, so that the page has to open it again. */
export function isStreamLost(error: unknown): boolean {
  return error instanceof OutcomeUnknown || (error instanceof RequestError && error.code === "INTERRUPTED");
}
