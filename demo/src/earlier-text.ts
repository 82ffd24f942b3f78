import { isDeclared } from "@symbolon/protocol";
import { chat } from "../contract.ts";

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** What is said when earlier lines were put above. */
export function earlierText(count: number): string {
  return count === 1 ? "1 earlier message shown" : `${count} earlier messages shown`;
}

/** Why there are no earlier lines to be had, and whether it makes sense to ask again. */
export function earlierTrouble(error: unknown): { readonly why: string; readonly forGood: boolean } {
  if (!isDeclared(chat.definition.client.history, error))
    return { why: "The earlier messages could not be loaded. Please try again.", forGood: false };
  const { oldest } = error.data;
  const since =
    oldest === undefined ? "" : ` This room remembers what was said since ${moment.format(oldest)}.`;
  return { why: `What was said before this has been forgotten.${since}`, forGood: true };
}
