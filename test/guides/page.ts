import { Window } from "happy-dom";

/** Gives programs the globals of a page that React uses. @returns takes them away. */
export function openPage(): () => Promise<void> {
  const window = new Window({ url: "https://test/" });
  const { document, navigator } = window;
  const missing = Object.entries({ window, document, navigator }).filter(([name]) => !(name in globalThis));
  for (const [name, value] of missing)
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  return async () => {
    for (const [name] of missing) Reflect.deleteProperty(globalThis, name);
    await window.happyDOM.close();
  };
}
