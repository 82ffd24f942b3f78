/** What the chat page in a tab shows, as expressions for that tab. */

/** The text of every line of the conversation. */
export const linesShown = `Array.from(document.querySelectorAll("#lines .line .text"), (line) => line.textContent)`;

/** What the pill says of the connection. */
export const pillText = `document.querySelector("#pill")?.textContent`;

/** Puts the cursor into a field, and gives the id of where it is then. */
export function focused(id: string): string {
  return `document.querySelector("#${id}")?.focus(), document.activeElement?.id`;
}
