import { CloseError } from "@symbolon/client";
import { historyError, loadedText } from "../shared/history-text.ts";
import { elementById } from "./dom.ts";

const button = elementById("show-earlier", HTMLButtonElement);
const note = elementById("earlier-note", HTMLElement);
const label = button.textContent;

/** Sets up the button that loads earlier messages. `load` adds them to the page and returns their number. */
export function createHistoryButton(load: () => Promise<number>): void {
  let isLoading = false;

  button.addEventListener("click", () => {
    if (isLoading) return;
    isLoading = true;
    button.textContent = "Loading…";
    load()
      .then(
        (count) => showNote(loadedText(count), "spoken"),
        (error: unknown) => {
          if (error instanceof CloseError) return; // the user has left, or the page shows why the connection is closed
          const { text, isFinal } = historyError(error);
          showNote(text, "");
          setHistoryButton(!isFinal);
        },
      )
      .finally(() => {
        isLoading = false;
        button.textContent = label;
      });
  });
}

/** Shows the button if there are earlier messages, otherwise hides it. A hidden button gives its focus to the messages. */
export function setHistoryButton(hasEarlier: boolean): void {
  if (!hasEarlier && document.activeElement === button)
    elementById("talk", HTMLElement).focus({ preventScroll: true });
  button.hidden = !hasEarlier;
}

/** Hides the button and its note, for another room. */
export function resetHistoryButton(): void {
  setHistoryButton(false);
  showNote("", "spoken");
}

/** Shows a note; with the class `spoken` only to a screen reader. */
function showNote(text: string, className: "spoken" | ""): void {
  note.textContent = text;
  note.className = className;
}
