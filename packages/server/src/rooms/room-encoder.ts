import {
  type AnyContract,
  type ContractDefinition,
  type FrameCodec,
  type Message,
  Sent,
} from "@symbolon/protocol";
import { encodePlacement, type Frame, jsonFrames } from "@symbolon/protocol/internal";
import type { Retention, RoomAppend, RoomEntry, RoomLog, RoomMessage } from "../store/room-log.ts";

type FramesByCodec = Map<FrameCodec, Message>;

/** A message of a room, and its frames for members with a session and for plain members. */
interface EncodedEntry {
  readonly entry: RoomEntry;
  readonly said: FramesByCodec;
  readonly event: FramesByCodec;
}

/** Encodes room messages: once for the log, and once for each codec that members use, however many they are. */
export class RoomEncoder {
  readonly #codec: FrameCodec;
  /** The frames of the newest message. */
  #newest: EncodedEntry | undefined;

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
    const { said } = this.#encoded(entry);
    const known = said.get(codec);
    if (known !== undefined) return known;
    const placement = encodePlacement(room, [entry.offset, entry.previous]);
    const frame = codec.stamp(this.#payload(entry, codec), placement);
    said.set(codec, frame);
    return frame;
  }

  /** The frame for a plain member; of a volatile event, for a member with a session too. */
  eventFrame(entry: RoomEntry, codec: FrameCodec): Message {
    const { event } = this.#encoded(entry);
    const known = event.get(codec);
    if (known !== undefined) return known;
    const frame = codec.stamp(this.#payload(entry, codec), { t: "event" });
    event.set(codec, frame);
    return frame;
  }

  /** The frames of the message so far; those of the message before it are forgotten. */
  #encoded(entry: RoomEntry): EncodedEntry {
    if (this.#newest?.entry !== entry) this.#newest = { entry, said: new Map(), event: new Map() };
    return this.#newest;
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

/** Makes the messages of a contract's rooms, and appends them to a log. */
export class RoomWriter {
  readonly encoder: RoomEncoder;
  readonly #path: string;
  readonly #keep: Retention;
  readonly #onError: (error: unknown) => void;

  /** `onError` receives the failure of a message that no code awaits. */
  constructor(
    contract: AnyContract,
    keep: Retention,
    onError: (error: unknown) => void,
    codecs: readonly FrameCodec[] = [],
  ) {
    const { codec }: ContractDefinition = contract.definition;
    this.encoder = new RoomEncoder(codec ?? codecs[0] ?? jsonFrames);
    this.#path = contract.path;
    this.#keep = keep;
    this.#onError = onError;
  }

  /** The name of a room in the log, which contracts share: their rooms may have the same names. */
  keyOf(room: string): string {
    return JSON.stringify([this.#path, room]);
  }

  /** What the log appends for an event. @throws TypeError when the codec cannot write the data. */
  write(
    room: string,
    name: string,
    data: unknown,
    sent: Pick<RoomMessage, "at" | "except" | "account">,
  ): RoomAppend {
    const message = { name, data: this.encoder.encode(name, data), ...sent };
    return { room: this.keyOf(room), message, keep: this.#keep };
  }

  /** Appends a message to a log. */
  append(log: RoomLog, { room, message, keep }: RoomAppend): Sent {
    const sent = new Sent((cause) =>
      this.#onError(new Error("a room message may be lost: the store has failed", { cause })),
    );
    const appended = new Promise((resolve) => resolve(log.append(room, message, keep)));
    void Promise.allSettled([appended]) // later, so that the caller has awaited `sent` by then, if it does
      .then(() => appended)
      .then(
        () => sent.resolve(),
        (error: unknown) => sent.reject(error),
      );
    return sent;
  }
}
