import { part } from "./part.ts";

const talk = part("talk", HTMLElement);
const lines = part("lines", HTMLElement);
const newer = part("newer", HTMLButtonElement);
let following = true;

talk.addEventListener("scroll", () => {
  following = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 32;
  if (following) newer.hidden = true;
});
newer.addEventListener("click", () => {
  follow();
  talk.focus();
});
// The keyboard of a phone, or a growing composer, must not hide the last line from who was reading it.
new ResizeObserver(() => following && follow()).observe(talk);

/** Goes to the last line and stays with it. */
export function follow(): void {
  following = true;
  newer.hidden = true;
  talk.scrollTop = talk.scrollHeight;
}

/** Keeps the reader where they are: with the last line if they were there, else in place and told of it. */
export function afterGrowth(): void {
  if (following) follow();
  else newer.hidden = false;
}

/** Puts something above the lines, which stay where they are on the screen. */
export function keepPlace(change: () => void): void {
  const last = lines.querySelector<HTMLElement>("li:last-child");
  const before = last?.getBoundingClientRect().top ?? 0;
  change();
  talk.scrollTop += (last?.getBoundingClientRect().top ?? 0) - before;
}
