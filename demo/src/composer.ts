import { longestText, Text } from "../contract.ts";
import { showError } from "./field-error.ts";
import { part } from "./part.ts";

const form = part("composer", HTMLFormElement);
const text = part("text", HTMLTextAreaElement);
const count = part("count", HTMLElement);

/** Sets up the place to write; `say` is called with each finished message. */
export function createComposer(say: (text: string) => void): void {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    text.focus();
    const words = text.value.trim();
    if (words === "") return;
    const parsed = Text.safeParse(words);
    showError("text", parsed.error?.issues[0]?.message ?? "");
    if (!parsed.success) return;
    text.value = "";
    text.dispatchEvent(new Event("input"));
    say(parsed.data);
  });

  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });

  text.addEventListener("input", () => {
    const length = text.value.trim().length;
    if (length <= longestText) showError("text", "");
    count.hidden = length < longestText - 100;
    count.textContent = `${length} of ${longestText}`;
    count.classList.toggle("over", length > longestText);
    // Grows with what is written, where `field-sizing` is not known yet.
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight + text.offsetHeight - text.clientHeight}px`;
  });
}

/** Puts the cursor where one writes. */
export function focusComposer(): void {
  text.focus();
}
