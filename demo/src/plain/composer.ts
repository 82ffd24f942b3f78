import { maxTextLength, type MessageDraft, Text } from "../../contract.ts";
import { createTypingReporter } from "../shared/typing-reporter.ts";
import { elementById, showFieldError } from "./dom.ts";
import { clearPictureError, createPictureInput } from "./pictures/picture-input.ts";

const form = elementById("composer", HTMLFormElement);
const text = elementById("text", HTMLTextAreaElement);
const count = elementById("count", HTMLElement);

/** What the composer calls. */
export type ComposerCallbacks = {
  /** The user sends a chat message. */
  readonly send: (draft: MessageDraft) => void;
  /** The user starts or stops typing. */
  readonly reportTyping: (isTyping: boolean) => void;
};

/** Sets up the form in which the user writes chat messages. */
export function createComposer({ send, reportTyping }: ComposerCallbacks): void {
  const typingReporter = createTypingReporter(reportTyping);
  createPictureInput(send);

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    text.focus();
    const value = text.value.trim();
    if (value === "") return;
    const parsed = Text.safeParse(value);
    showFieldError("text", parsed.error?.issues[0]?.message ?? "");
    if (!parsed.success) return;
    text.value = "";
    text.dispatchEvent(new Event("input"));
    send({ text: parsed.data });
  });

  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });

  text.addEventListener("input", () => {
    const length = text.value.trim().length;
    if (length > 0) typingReporter.onInput();
    else typingReporter.onStop();
    if (length <= maxTextLength) showFieldError("text", "");
    clearPictureError();
    count.hidden = length < maxTextLength - 100;
    count.textContent = `${length} of ${maxTextLength}`;
    count.classList.toggle("over", length > maxTextLength);
    // The field grows with its text, also in browsers without the CSS property `field-sizing`.
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight + text.offsetHeight - text.clientHeight}px`;
  });
}

/** Moves the focus into the composer. */
export function focusComposer(): void {
  text.focus();
}
