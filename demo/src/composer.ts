import { longestText, type Said, Text } from "../contract.ts";
import { clearAttach, createAttach } from "./attach.ts";
import { showError } from "./field-error.ts";
import { part } from "./part.ts";
import { createTypist } from "./typist.ts";

const form = part("composer", HTMLFormElement);
const text = part("text", HTMLTextAreaElement);
const count = part("count", HTMLElement);

/** What the page does with what is written. */
export type Writer = {
  /** Called with each finished message. */
  readonly say: (words: Omit<Said, "id">) => void;
  /** Told whether someone is writing. */
  readonly writing: (writes: boolean) => void;
};

/** Sets up the place to write. */
export function createComposer({ say, writing }: Writer): void {
  const typist = createTypist(writing);
  createAttach(say);

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
    say({ text: parsed.data });
  });

  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });

  text.addEventListener("input", () => {
    const length = text.value.trim().length;
    if (length > 0) typist.writes();
    else typist.stops();
    if (length <= longestText) showError("text", "");
    clearAttach();
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
