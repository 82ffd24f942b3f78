import { type Message, RequestError, type Schema } from "@symbolon/protocol";
import {
  isThenable,
  jsonFrames,
  type MemberPosition,
  type PresenceFrame,
  validate,
} from "@symbolon/protocol/internal";
import type { RoomOutlet, RoomSubscriber } from "../memberships.ts";
import type { RoomPosition } from "../../store/room-log.ts";
import type { PresentConnection } from "./member-table.ts";

/** A client that joins a room. */
export interface PresenceClient {
  /** The id of its peer. */
  readonly id: string;
  readonly principal: string | undefined;
  /** Called with what its schema threw. */
  onError(error: unknown): void;
}

/** A room, as a member needs it. */
export interface PresenceRoomOfMember {
  readonly name: string;
  /** Validates what members show. */
  readonly schema: Schema;
  /** When a client sets something now, in ms since 1970: later than all that its member has set, by whichever clock. */
  dateFor(client: PresenceClient): number;
  /** The version of the room's members. */
  readonly version: number;
  /** What the member is, or shows, has changed. */
  change(connection: PresentConnection): void;
  /** The member has left; `moved`: its session continues in another process. */
  remove(member: PresenceMember, moved: boolean): void;
  /** The member has something to apply, soon. */
  schedule(member: PresenceMember): void;
  /** The frames for a client that knows a version; without one, for a client that knows nothing. */
  framesFor(client: PresenceClient, version: number | undefined): readonly Message[];
}

/** The most bytes of a frame by which a client shows something. */
const maxBytes = 4_096;

/** A client of this process in a room: reads the room's messages by `reader`, shows what the client sets, and sends it who is there. */
export class PresenceMember implements RoomSubscriber {
  readonly client: PresenceClient;
  readonly #room: PresenceRoomOfMember;
  readonly #reader: RoomSubscriber;
  #connection: PresentConnection;
  #outlet: RoomOutlet | undefined;
  /** The newest frame of the client that is not applied yet. */
  #frame: PresenceFrame | undefined;
  /** The version that the client knows; undefined until it has asked who is there. */
  #version: number | undefined;
  #follows = false;
  /** The outlet on which the client is being sent what it does not know. */
  #sendingOn: RoomOutlet | undefined;
  #bytes = 0;
  /** Whether a schema that is asynchronous has not settled: newer frames wait, so that they are few and stay in order. */
  #validating = false;
  #left = false;

  constructor(room: PresenceRoomOfMember, client: PresenceClient, reader: RoomSubscriber) {
    this.#room = room;
    this.client = client;
    this.#reader = reader;
    const { id, principal } = client;
    this.#connection = { id, principal, away: true, at: 0 };
  }

  /** The bytes of what it shows, as a JSON text, estimated. */
  get bytes(): number {
    return this.#bytes;
  }

  async place(): Promise<MemberPosition | undefined> {
    return this.#reader.place?.();
  }

  attach(outlet: RoomOutlet, position: RoomPosition | undefined): void {
    this.#forget(); // the wire before may be lost, with frames that are on it
    this.#outlet = outlet;
    this.#change({ away: false });
    this.#reader.attach(outlet, position);
  }

  detach(): void {
    this.#forget();
    this.#change({ away: true });
    this.#reader.detach();
  }

  onPresence(frame: PresenceFrame, bytes: number): void {
    this.#follows = true;
    this.#room.schedule(this);
    if (bytes <= maxBytes) this.#frame = frame.data === undefined ? this.#frame : frame;
    else
      this.#refuse(
        frame,
        new RequestError(
          "TOO_LARGE",
          `what a member shows has at most ${maxBytes} bytes, its frame included`,
        ),
      );
  }

  /** Applies the newest frame of the client, once the one before is validated. */
  apply(): void {
    const frame = this.#frame;
    if (this.#validating || frame === undefined) return;
    this.#frame = undefined;
    try {
      const data = validate(this.#room.schema, frame.data);
      if (!isThenable(data)) return this.#show(data);
      this.#validating = true;
      void Promise.resolve(data)
        .then((validated) => this.#show(validated))
        .catch((error: unknown) => this.#fail(frame, error))
        .finally(() => {
          this.#validating = false;
          if (this.#frame !== undefined) this.#room.schedule(this);
        });
    } catch (error) {
      this.#fail(frame, error);
    }
  }

  /** The room has changed, or the client wants to know it. */
  update(): void {
    const outlet = this.#outlet;
    if (outlet === undefined || outlet.plain || !this.#follows || this.#sendingOn === outlet) return;
    if (this.#version === this.#room.version) return;
    this.#sendingOn = outlet;
    void this.#send(outlet)
      .catch((error: unknown) => this.client.onError(error))
      .finally(() => {
        if (this.#sendingOn === outlet) this.#sendingOn = undefined;
      });
  }

  /** The client has left the room. */
  leave(moved: boolean): void {
    this.supersede();
    this.#room.remove(this, moved);
  }

  /** The session has moved away and is back with another membership: what its wire before still does changes nothing. */
  supersede(): void {
    this.#left = true;
    this.#frame = undefined;
  }

  /** Sends what the client does not know; to one that reads slowly, the newest that there is when it has read the rest. */
  async #send(outlet: RoomOutlet): Promise<void> {
    while (this.#outlet === outlet && this.#version !== this.#room.version) {
      await outlet.sink.drained();
      const { version } = this.#room;
      for (const frame of this.#room.framesFor(this.client, this.#version)) {
        const drained = outlet.sink.drained();
        if (drained !== undefined) await drained;
        if (this.#outlet !== outlet) return;
        outlet.sink.send(frame);
      }
      this.#version = version;
    }
  }

  /** Nothing that the client was sent counts any more: its next wire gets all members. */
  #forget(): void {
    this.#outlet = undefined;
    this.#follows = false;
    this.#version = undefined;
  }

  /** @throws TypeError or SyntaxError for what JSON cannot carry. */
  #show(data: unknown): void {
    const text = JSON.stringify(data);
    const shown: unknown = JSON.parse(text);
    this.#bytes = text.length;
    this.#change({ data: shown, at: this.#room.dateFor(this.client) });
  }

  #change(change: Partial<PresentConnection>): void {
    if (this.#left) return; // the schema has settled later
    this.#connection = { ...this.#connection, ...change };
    this.#room.change(this.#connection);
  }

  #fail(frame: PresenceFrame, error: unknown): void {
    if (error instanceof RequestError) return this.#refuse(frame, error);
    this.client.onError(error);
    this.#refuse(frame, new RequestError("INTERNAL", "the server cannot show it"));
  }

  #refuse({ room }: PresenceFrame, { code, message }: RequestError): void {
    if (this.#outlet?.plain === false && this.#outlet.sink.drained() === undefined)
      this.#outlet.sink.send(jsonFrames.write({ t: "presence", room, code, message }));
  }
}
