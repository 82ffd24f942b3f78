/** The browser page, or the device, on which all clients of a world run. */
export class Page {
  /** Gets the events of `window`. */
  readonly window = new PageEventTarget();
  /** Gets the events of `document`. */
  readonly document = Object.assign(new PageEventTarget(), { visibilityState: "visible" });
  /** Whether the device has a network. */
  online = true;
  #frozen = false;

  /** The number of event listeners. */
  get listeners(): number {
    return this.window.size + this.document.size;
  }

  /** Fires `online` or `offline` if the state changes. */
  setOnline(online: boolean): void {
    if (online === this.online) return;
    this.online = online;
    this.window.dispatch({ type: online ? "online" : "offline" });
  }

  /** Fires `visibilitychange` if the state changes. */
  setVisible(visible: boolean): void {
    if (visible === (this.document.visibilityState === "visible")) return;
    this.document.visibilityState = visible ? "visible" : "hidden";
    this.document.dispatch({ type: "visibilitychange" });
  }

  /** Fires `pagehide`, as when the browser puts the page into its back/forward cache. */
  freeze(): void {
    this.#frozen = true;
    this.window.dispatch({ type: "pagehide", persisted: true });
  }

  /** Fires `pageshow` if the page is frozen. */
  thaw(): void {
    if (!this.#frozen) return;
    this.#frozen = false;
    this.window.dispatch({ type: "pageshow", persisted: true });
  }
}

interface PageEvent {
  readonly type: string;
  readonly persisted?: boolean;
}
type PageListener = (event: PageEvent) => void;

/** The part of `EventTarget` that the client uses, with a count of the listeners. */
class PageEventTarget {
  readonly #listeners = new Map<string, Set<PageListener>>();

  get size(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }

  addEventListener(type: string, listener: PageListener): void {
    this.#listeners.set(type, (this.#listeners.get(type) ?? new Set()).add(listener));
  }

  removeEventListener(type: string, listener: PageListener): void {
    this.#listeners.get(type)?.delete(listener);
  }

  dispatch(event: PageEvent): void {
    for (const listener of this.#listeners.get(event.type) ?? []) listener(event);
  }
}
