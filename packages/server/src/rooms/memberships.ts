import type { CloseError, FrameCodec, Message } from "@symbolon/protocol";
import { type Hello, jsonFrames, type Wire } from "@symbolon/protocol/internal";
import type { RoomPosition } from "../store/store.ts";

/** What carries a room's messages to a client that is here. */
export interface RoomOutlet {
  readonly codec: FrameCodec;
  /** Whether the client is told events alone: no offsets, and nothing twice. */
  readonly plain: boolean;
  send(message: Message): void;
  /** Undefined while there is room for more; else a promise that resolves when there is room, or the wire has ended. */
  drained(): Promise<void> | undefined;
  /** Lets the wire go; the client comes back. */
  drop(error: CloseError): void;
}

/** A session's wire. `drop` lets it go. */
export function createOutlet(wire: Wire, codec: FrameCodec, drop: RoomOutlet["drop"]): RoomOutlet {
  return { codec, plain: false, send: (message) => wire.send(message), drained: () => wire.drained(), drop };
}

/** What a client is in a room. */
export interface RoomSubscriber {
  /** The client is here, on a new wire, and says that it is at `named`. */
  attach(outlet: RoomOutlet, named: RoomPosition | undefined): void;
  /** The client is away, or in the room no more. */
  detach(): void;
}

/** A contract's client as its rooms reach it: the rooms that it is in, over as many wires as it takes. */
export class RoomMemberships {
  /** Names the client's session, in plain mode its connection. */
  readonly id: string;
  #outlet: RoomOutlet | undefined;
  readonly #readers = new Map<string, RoomSubscriber>();
  /** Where it was, before it had this session, in rooms that it has not joined in it. */
  readonly #brought = new Map<string, RoomPosition>();

  constructor(id: string) {
    this.id = id;
  }

  /** In how many rooms it is. */
  get size(): number {
    return this.#readers.size;
  }

  /** The session begins here with a client that says where it was. */
  restore(rooms: Hello["rooms"] = []): void {
    for (const [room, ep, off] of rooms) this.#brought.set(room, { epoch: ep, offset: off });
  }

  /** Where the client was in a room that it joins now for the first time in its session, if it was there. */
  claimPosition(room: string): RoomPosition | undefined {
    const position = this.#brought.get(room);
    this.#brought.delete(room);
    return position;
  }

  /** The client joins a room. */
  add(room: string, reader: RoomSubscriber): void {
    this.#readers.set(room, reader);
    if (this.#outlet !== undefined) reader.attach(this.#outlet, undefined);
  }

  /** The client leaves a room, and is told to forget it: now, or when it is back and names it. */
  remove(room: string): void {
    this.#readers.get(room)?.detach();
    this.#readers.delete(room);
    this.#forget(room);
  }

  /** The client is here, on a new wire, and says where it is. */
  attach(outlet: RoomOutlet, rooms: Hello["rooms"] = []): void {
    this.#outlet = outlet;
    const named = new Map(rooms.map(([room, ep, off]) => [room, { epoch: ep, offset: off }]));
    for (const room of named.keys())
      if (!this.#readers.has(room) && !this.#brought.has(room)) this.#forget(room);
    for (const [room, reader] of this.#readers) reader.attach(outlet, named.get(room));
  }

  /** The client is away: rooms cost nothing for it. */
  detach(): void {
    this.#outlet = undefined;
    for (const reader of this.#readers.values()) reader.detach();
  }

  #forget(room: string): void {
    if (this.#outlet?.plain === false) this.#outlet.send(jsonFrames.write({ t: "room", room }));
  }
}
