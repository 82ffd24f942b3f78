import type { CloseError, FrameCodec, Message } from "@symbolon/protocol";
import { jsonFrames, type MessageSink } from "@symbolon/protocol/internal";
import type { RoomOutlet } from "../../src/rooms/memberships.ts";

/** A client's connection that notes what it receives, and can be full. */
export class TestOutlet implements RoomOutlet {
  readonly codec: FrameCodec;
  readonly plain: boolean;
  /** The frames that the client has received. */
  readonly frames: unknown[] = [];
  /** The same as they were on the wire. */
  readonly messages: Message[] = [];
  /** Why the connection was closed. */
  readonly drops: CloseError[] = [];
  readonly sink: MessageSink = {
    send: (message) => {
      this.messages.push(message);
      this.frames.push(JSON.parse(String(message)));
      this.#capacity -= 1;
      if (this.#capacity <= 0) this.fill();
    },
    drained: () => this.#drained,
  };
  #drained: Promise<void> | undefined;
  #resolveDrained: () => void = () => {};
  #capacity = Infinity;

  constructor({ codec = jsonFrames, plain = false }: { codec?: FrameCodec; plain?: boolean } = {}) {
    this.codec = codec;
    this.plain = plain;
  }

  drop(error: CloseError): void {
    this.drops.push(error);
    this.drain();
  }

  /** The connection takes no more messages. */
  fill(): void {
    this.#drained ??= new Promise((resolve) => (this.#resolveDrained = resolve));
  }

  /** The connection takes `capacity` more messages. */
  drain(capacity = Infinity): void {
    this.#capacity = capacity;
    this.#drained = undefined;
    this.#resolveDrained();
  }

  /** The frames in short: the data of a message, `-` for a skip, and the range and reason of a gap. */
  get summary(): unknown[] {
    return this.frames.flatMap((frame) => {
      const { t, data, from, to, why } = frame as Record<string, unknown>;
      if (t === "said" || t === "event") return [data];
      if (t === "skip") return ["-"];
      return t === "gap" ? [[from, to, why]] : [];
    });
  }
}
