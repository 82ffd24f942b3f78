import { elementById } from "./dom.ts";

const viewport = elementById("talk", HTMLElement);
const messages = elementById("lines", HTMLElement);
const newMessagesButton = elementById("newer", HTMLButtonElement);
/** Whether the newest message is in view, so that the page scrolls when another one arrives. */
let isAtEnd = true;

viewport.addEventListener("scroll", () => {
  isAtEnd = viewport.scrollHeight - viewport.scrollTop - viewport.clientHeight < 32;
  if (isAtEnd) newMessagesButton.hidden = true;
});
newMessagesButton.addEventListener("click", () => {
  scrollToEnd();
  viewport.focus();
});
// The keyboard of a phone, or a growing composer, must not cover the newest message.
new ResizeObserver(() => isAtEnd && scrollToEnd()).observe(viewport);

/** Scrolls to the newest message. */
export function scrollToEnd(): void {
  isAtEnd = true;
  newMessagesButton.hidden = true;
  viewport.scrollTop = viewport.scrollHeight;
}

/** Call this after adding something below: scrolls if the end was in view, otherwise shows the button "New messages". */
export function scrollAfterAppend(): void {
  if (isAtEnd) scrollToEnd();
  else newMessagesButton.hidden = false;
}

/** Calls `prepend`, which adds something above the messages, and keeps the messages in place on the screen. */
export function keepScrollPosition(prepend: () => void): void {
  const last = messages.querySelector<HTMLElement>("li:last-child");
  const before = last?.getBoundingClientRect().top ?? 0;
  prepend();
  viewport.scrollTop += (last?.getBoundingClientRect().top ?? 0) - before;
}
