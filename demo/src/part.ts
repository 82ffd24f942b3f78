/** The part of the page with this id; the page is ours, so a missing one is a mistake. */
export function part<E extends HTMLElement>(id: string, kind: new () => E): E {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`the page has no ${kind.name} called ${id}`);
}

/** A new element that shows `text` as text, whatever it contains. */
export function make<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  className: string,
  text?: string,
): HTMLElementTagNameMap[T] {
  const element = document.createElement(tag);
  element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}
