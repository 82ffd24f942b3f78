import { part } from "./part.ts";

/** Says at the field itself what is wrong with it; an empty text takes that back. */
export function showError(id: string, text: string): void {
  part(`${id}-error`, HTMLElement).textContent = text;
  part(id, HTMLElement).setAttribute("aria-invalid", String(text !== ""));
}
