import type { FrameCodec, Message } from "@symbolon/protocol";
import { encodePlacement, type Frame, jsonFrames } from "@symbolon/protocol/internal";
import type { RoomEntry } from "../store/room-log.ts";

/** Encodes room messages: once for the log, and once for each codec that members use, however many they are. */
export class RoomEncoder {
  readonly #codec: FrameCodec;
  /** The frames of the newest message. */
  #cache: { readonly entry: RoomEntry; readonly frames: Map<FrameCodec | "plain", Message> } | undefined;

  /** The logs hold what `codec` writes. */
  constructor(codec: FrameCodec) {
    this.#codec = codec;
  }

  /**
   * Encodes a message for the log.
   * @throws TypeError when the codec cannot write its data.
   */
  encode(name: string, data: unknown): Message {
    return this.#codec.write({ name, data });
  }

  /** Decodes a message of the log. @throws TypeError when the log holds another frame. */
  decode({ data: payload }: RoomEntry): { readonly name: string; readonly data?: unknown } {
    const frame = this.#codec.read(this.#codec.stamp(payload, { t: "event" }));
    if (frame.t !== "event") throw new TypeError(`a room's log holds a frame "${frame.t}"`);
    return { name: frame.name, data: frame.data };
  }

  /** The frame for a member with a session. */
  roomFrame(room: string, entry: RoomEntry, codec: FrameCodec): Message {
    return this.#cached(entry, codec, () =>
      codec.stamp(this.#payload(entry, codec), encodePlacement(room, [entry.offset, entry.previous])),
    );
  }

  /** The frame for a plain member. */
  eventFrame(entry: RoomEntry): Message {
    return this.#cached(entry, "plain", () =>
      jsonFrames.stamp(this.#payload(entry, jsonFrames), { t: "event" }),
    );
  }

  #cached(entry: RoomEntry, codec: FrameCodec | "plain", write: () => Message): Message {
    if (this.#cache?.entry !== entry) this.#cache = { entry, frames: new Map() };
    const { frames } = this.#cache;
    const frame = frames.get(codec) ?? write();
    frames.set(codec, frame);
    return frame;
  }

  #payload(entry: RoomEntry, codec: FrameCodec): Message {
    if (codec === this.#codec || typeof entry.data === "string") return entry.data;
    const json = String(entry.data);
    if (json.startsWith("{")) return json;
    // Bytes that were read from a file have lost their JSON form.
    const { name, data } = this.decode(entry);
    return String(this.encode(name, data));
  }
}

/** Reports that the client is no longer in a room. */
export function leftFrame(room: string): Frame {
  return { t: "room", room };
}
