import { CloseError } from "@symbolon/client";
import { earlierText, earlierTrouble } from "./earlier-text.ts";
import { part } from "./part.ts";

const button = part("show-earlier", HTMLButtonElement);
const note = part("earlier-note", HTMLElement);
const label = button.textContent;

/** Sets up the way to earlier lines; `show` puts a page of them above the others and says how many there were. */
export function createEarlier(show: () => Promise<number>): void {
  let asking = false;

  button.addEventListener("click", () => {
    if (asking) return;
    asking = true;
    button.textContent = "Loading…";
    show()
      .then(
        (count) => say(earlierText(count), "spoken"),
        (error: unknown) => {
          if (error instanceof CloseError) return; // the room was left, or says itself that it ended
          const { why, forGood } = earlierTrouble(error);
          say(why, "");
          offerEarlier(!forGood);
        },
      )
      .finally(() => {
        asking = false;
        button.textContent = label;
      });
  });
}

/** Says that there are earlier lines, or that there are none. */
export function offerEarlier(more: boolean): void {
  if (!more && document.activeElement === button) part("talk", HTMLElement).focus({ preventScroll: true });
  button.hidden = !more;
}

/** Forgets what was said of earlier lines, for another room. */
export function clearEarlier(): void {
  offerEarlier(false);
  say("", "spoken");
}

function say(text: string, className: "spoken" | ""): void {
  note.textContent = text;
  note.className = className;
}
