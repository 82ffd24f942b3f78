import type { FrameCodec, Message } from "@symbolon/protocol";
import { jsonFrames } from "@symbolon/protocol/internal";
import type { RoomEntry } from "../store/store.ts";

/** What is said in rooms as it stands in their logs and on the wire: encoded once for each codec, whoever listens. */
export class RoomEncoder {
  readonly #codec: FrameCodec;
  /** The frames of the message that is being said. */
  #last: { readonly entry: RoomEntry; readonly frames: Map<FrameCodec | "plain", Message> } | undefined;

  /** Logs hold what `codec` writes. */
  constructor(codec: FrameCodec) {
    this.#codec = codec;
  }

  /** What a log is to hold of a message. Throws TypeError when its data cannot be written. */
  encode(name: string, data: unknown): Message {
    return this.#codec.write({ name, data });
  }

  /** What was written. */
  decode({ data: words }: RoomEntry): { readonly name: string; readonly data?: unknown } {
    const frame = this.#codec.read(this.#codec.stamp(words, { t: "event" }));
    if (frame.t !== "event") throw new TypeError("the log of a room holds something else");
    return { name: frame.name, data: frame.data };
  }

  /** The frame by which a member is told. */
  roomFrame(room: string, entry: RoomEntry, codec: FrameCodec): Message {
    const { offset: o, previous: p } = entry;
    return this.#once(entry, codec, () => codec.stamp(this.#words(entry, codec), { t: "said", room, o, p }));
  }

  /** The frame by which a plain member is told. */
  eventFrame(entry: RoomEntry): Message {
    return this.#once(entry, "plain", () => jsonFrames.stamp(this.#words(entry, jsonFrames), { t: "event" }));
  }

  #once(entry: RoomEntry, codec: FrameCodec | "plain", write: () => Message): Message {
    if (this.#last?.entry !== entry) this.#last = { entry, frames: new Map() };
    const { frames } = this.#last;
    const frame = frames.get(codec) ?? write();
    frames.set(codec, frame);
    return frame;
  }

  #words(entry: RoomEntry, codec: FrameCodec): Message {
    if (codec === this.#codec || typeof entry.data === "string") return entry.data;
    const json = String(entry.data);
    if (json.startsWith("{")) return json;
    // Bytes that have been in a file have forgotten what they are in JSON.
    const { name, data } = this.decode(entry);
    return String(this.encode(name, data));
  }
}
