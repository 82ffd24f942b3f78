import { elementById } from "./dom.ts";

/** Shows an error below the field with this id. An empty text removes the error. */
export function showFieldError(id: string, text: string): void {
  elementById(`${id}-error`, HTMLElement).textContent = text;
  elementById(id, HTMLElement).setAttribute("aria-invalid", String(text !== ""));
}
