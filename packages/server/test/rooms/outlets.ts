import type { CloseError, FrameCodec, Message } from "@symbolon/protocol";
import { jsonFrames } from "@symbolon/protocol/internal";
import type { RoomOutlet } from "../../src/rooms/memberships.ts";

/** A client that is here, as rooms tell it: notes what it is told, and may take no more. */
export class TestOutlet implements RoomOutlet {
  readonly codec: FrameCodec;
  readonly plain: boolean;
  /** What it was told. */
  readonly frames: unknown[] = [];
  /** What it was told, as it stood on the wire. */
  readonly messages: Message[] = [];
  /** Why it was let go. */
  readonly drops: CloseError[] = [];
  #full: Promise<void> | undefined;
  #unblock: () => void = () => {};
  #left = Infinity;

  constructor({ codec = jsonFrames, plain = false }: { codec?: FrameCodec; plain?: boolean } = {}) {
    this.codec = codec;
    this.plain = plain;
  }

  send(message: Message): void {
    this.messages.push(message);
    this.frames.push(JSON.parse(String(message)));
    this.#left -= 1;
    if (this.#left <= 0) this.block();
  }

  drained(): Promise<void> | undefined {
    return this.#full;
  }

  drop(error: CloseError): void {
    this.drops.push(error);
    this.unblock();
  }

  /** It takes no more. */
  block(): void {
    this.#full ??= new Promise((resolve) => (this.#unblock = resolve));
  }

  /** It takes more: without a number as much as comes. */
  unblock(left = Infinity): void {
    this.#left = left;
    this.#full = undefined;
    this.#unblock();
  }

  /** What it was told, in short: `a` was said, `-` was skipped, and the gaps. */
  get heard(): unknown[] {
    return this.frames.flatMap((frame) => {
      const { t, data, from, to, why } = frame as Record<string, unknown>;
      if (t === "said" || t === "event") return [data];
      if (t === "skip") return ["-"];
      return t === "gap" ? [[from, to, why]] : [];
    });
  }
}

/** Lets everything happen that waits for nothing but promises. */
export function quiet(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
