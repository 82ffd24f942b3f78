/** How many bytes of pictures are kept, those of all rooms together. */
const most = 32 * 1024 * 1024;

/** The newest pictures that were shown, by the line that shows them. */
export class Album<Line extends object> {
  readonly #pictures = new Map<Line, Uint8Array<ArrayBuffer>>();
  #bytes = 0;

  /** Keeps a picture, and lets the oldest go when there are too many bytes. */
  keep(line: Line, picture: Uint8Array<ArrayBuffer>): void {
    this.#pictures.set(line, picture);
    this.#bytes += picture.length;
    for (const [oldest, { length }] of this.#pictures) {
      if (this.#bytes <= most) return;
      this.#pictures.delete(oldest);
      this.#bytes -= length;
    }
  }

  /** The picture of a line; undefined when it is not kept any more. */
  find(line: Line): Uint8Array<ArrayBuffer> | undefined {
    return this.#pictures.get(line);
  }
}
