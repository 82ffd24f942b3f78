/** The page or device that the clients of a world are on. */
export class Page {
  /** Hears what happens to the page. */
  readonly window = new Ears();
  /** Hears what happens to its document. */
  readonly document = Object.assign(new Ears(), { visibilityState: "visible" });
  online = true;
  #frozen = false;

  /** How many listen. */
  get listeners(): number {
    return this.window.size + this.document.size;
  }

  /** The device loses its network, or has it again. */
  setOnline(online: boolean): void {
    if (online === this.online) return;
    this.online = online;
    this.window.tell({ type: online ? "online" : "offline" });
  }

  /** Somebody looks at the page, or nobody does any more. */
  setVisible(visible: boolean): void {
    if (visible === (this.document.visibilityState === "visible")) return;
    this.document.visibilityState = visible ? "visible" : "hidden";
    this.document.tell({ type: "visibilitychange" });
  }

  /** The page is left, but kept, and may come back. */
  freeze(): void {
    this.#frozen = true;
    this.window.tell({ type: "pagehide", persisted: true });
  }

  /** It comes back. */
  thaw(): void {
    if (!this.#frozen) return;
    this.#frozen = false;
    this.window.tell({ type: "pageshow", persisted: true });
  }
}

interface PageEvent {
  readonly type: string;
  readonly persisted?: boolean;
}
type Told = (event: PageEvent) => void;

/** The part of an `EventTarget` that is needed, and how many listen to it. */
class Ears {
  readonly #told = new Map<string, Set<Told>>();

  get size(): number {
    return [...this.#told.values()].reduce((sum, { size }) => sum + size, 0);
  }

  addEventListener(type: string, told: Told): void {
    this.#told.set(type, (this.#told.get(type) ?? new Set()).add(told));
  }

  removeEventListener(type: string, told: Told): void {
    this.#told.get(type)?.delete(told);
  }

  tell(event: PageEvent): void {
    for (const told of this.#told.get(event.type) ?? []) told(event);
  }
}
