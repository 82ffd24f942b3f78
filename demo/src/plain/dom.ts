/**
 * Finds the element of the page that has this id.
 * @throws Error when the page has no element of this id and type: then index.html and the script do not belong together.
 */
export function elementById<E extends HTMLElement>(id: string, type: new () => E): E {
  const element = document.getElementById(id);
  if (element instanceof type) return element;
  throw new Error(`the page has no ${type.name} with the id "${id}"`);
}

/** Creates an element that shows `text` as plain text, even if it contains markup. */
export function createElement<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  text?: string,
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Shows an error below the field with this id. An empty text removes the error. */
export function showFieldError(id: string, text: string): void {
  elementById(`${id}-error`, HTMLElement).textContent = text;
  elementById(id, HTMLElement).setAttribute("aria-invalid", String(text !== ""));
}
