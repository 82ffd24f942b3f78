import { isDeclared } from "@symbolon/protocol";
import { chat } from "../../contract.ts";

const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** The notice where the page has missed messages that the server can no longer send. */
export const gapText = "Some messages are missing here";

/** The text after the page has loaded earlier messages. */
export function loadedText(count: number): string {
  return count === 1 ? "1 earlier message shown" : `${count} earlier messages shown`;
}

/** Why the page could not load earlier messages, and whether another attempt is useless. */
export function historyError(error: unknown): { readonly text: string; readonly isFinal: boolean } {
  if (!isDeclared(chat.definition.client.history, error))
    return { text: "The earlier messages could not be loaded. Please try again.", isFinal: false };
  const { oldest } = error.data;
  const since = oldest === undefined ? "" : ` This room has the messages since ${dateTime.format(oldest)}.`;
  return { text: `Older messages are no longer available.${since}`, isFinal: true };
}
