/** Gives keys for the parts of a document: what AsyncAPI allows in them, and each once. */
export class Keys {
  readonly #used = new Set<string>();

  /** The text as a key: each character that is not A-Z, a-z, 0-9, `.`, `-` or `_` becomes `_`. A key that is used already gets a number. */
  unique(text: string): string {
    const key = text.replaceAll(/[^A-Za-z0-9._-]/g, "_");
    let candidate = key;
    for (let number = 2; this.#used.has(candidate); number++) candidate = `${key}_${number}`;
    this.#used.add(candidate);
    return candidate;
  }
}

/** The text of a path in a key: `/chat/:room` is `chat.room`. */
export function pathKey(path: string): string {
  return path.replaceAll(/[:*?]/g, "").split("/").filter(Boolean).join(".") || "root";
}
