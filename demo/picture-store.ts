import type { ChatMessage } from "./contract.ts";

/** How many bytes of pictures the server keeps, over all rooms. */
const maxBytes = 32 * 1024 * 1024;

/** The newest pictures, in memory. */
export class PictureStore {
  readonly #pictures = new Map<ChatMessage, Uint8Array<ArrayBuffer>>();
  #bytes = 0;

  /** Keeps the picture of a chat message, and drops the oldest pictures when there are too many bytes. */
  add(message: ChatMessage, picture: Uint8Array<ArrayBuffer>): void {
    this.#pictures.set(message, picture);
    this.#bytes += picture.length;
    for (const [oldest, { length }] of this.#pictures) {
      if (this.#bytes <= maxBytes) return;
      this.#pictures.delete(oldest);
      this.#bytes -= length;
    }
  }

  /**
   * Finds the picture of a chat message.
   * @returns undefined when the store has dropped it.
   */
  find(message: ChatMessage): Uint8Array<ArrayBuffer> | undefined {
    return this.#pictures.get(message);
  }
}
