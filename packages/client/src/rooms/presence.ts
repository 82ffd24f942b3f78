import { RequestError } from "@symbolon/protocol";
import type { EventFailure, FrameTable, PresenceFrame, PresentMember } from "@symbolon/protocol/internal";
import { createValue, type Subscribable, type SubscribableValue } from "../connection/status.ts";
import { startTimer } from "../connection/timer.ts";

/** A member of a room, and whether it is the one that this client is. */
type Member<Data = unknown> = PresentMember<Data> & { readonly self: boolean };

/**
 * Who is in a room: no members until the client is one, and the last ones that are known while it is disconnected. Its first `set`
 * or `subscribe` connects the client.
 */
export interface RoomPresence<Shown, Data> extends Subscribable<readonly Member<Data>[]> {
  /**
   * Shows data to the members of the room, as this client's. It is volatile: the newest one replaces the others, is sent at most
   * 20 times a second, and again after each loss of the connection. It waits until the client is a member. What the server
   * refuses, `onFailed` gets under the name "presence".
   * @throws TypeError when JSON cannot carry the data.
   */
  readonly set: (data: Shown) => void;
}

/** What a client does with the frames of presence. */
export interface PresenceListener {
  /** Connects, if the client has not. */
  readonly dial: () => void;
  /** Sends a frame. */
  readonly send: (frame: PresenceFrame) => void;
  /** The server has refused what was shown. */
  readonly onFailed: (failure: EventFailure) => void;
  /** How many members of a room the client keeps. @default 10,000 */
  readonly members?: number;
}

/** The presence of a client in its rooms. */
export interface ClientPresence {
  /** Who is in a room; the server is asked from now on. */
  readonly of: <Shown, Data>(room: string) => RoomPresence<Shown, Data>;
  /** The client is in a room, or no longer. */
  readonly place: (room: string, isMember: boolean) => void;
  /** Nothing is sent for a room until `place`. */
  readonly detach: () => void;
  /** The receivers of the frames of presence. */
  readonly frames: FrameTable;
}

/** What a client has of one room. */
interface Entry {
  readonly members: Map<string, Member>;
  readonly value: SubscribableValue<readonly Member[]>;
  readonly presence: RoomPresence<unknown, unknown>;
  /** Sends what is shown, if the client is a member. */
  readonly send: () => void;
  /** The id of the member that the client is. */
  self?: string;
  isMember: boolean;
}

/** The least time between two frames for a room, in ms. */
const interval = 50;

/** Makes the presence of a client. */
export function createPresence(
  { dial, send, onFailed, members: max = 10_000 }: PresenceListener,
  isMember: (room: string) => boolean,
): ClientPresence {
  const entries = new Map<string, Entry>();

  function create(room: string): Entry {
    const value = createValue<readonly Member[]>([]);
    let shown: unknown;
    let waiting = false;
    let changed = false;
    function transmit(): void {
      if (entry.isMember) send({ t: "presence", room, data: shown });
    }
    const entry: Entry = {
      members: new Map(),
      value,
      isMember: isMember(room),
      send: transmit,
      presence: {
        get value() {
          return value.value;
        },
        subscribe(listener) {
          dial();
          return value.subscribe(listener);
        },
        set(data) {
          JSON.stringify(data); // throws here, and not later
          shown = data;
          changed = true;
          dial();
          if (!waiting) next();
        },
      },
    };
    function next(): void {
      waiting = changed;
      if (!changed) return;
      changed = false;
      transmit();
      startTimer(interval, next);
    }
    entries.set(room, entry);
    transmit();
    return entry;
  }

  return {
    of: <Shown, Data>(room: string) =>
      (entries.get(room) ?? create(room)).presence as RoomPresence<Shown, Data>, // the contract's types, which the server checks
    place(room, isMember) {
      const entry = entries.get(room);
      if (!entry) return;
      entry.isMember = isMember;
      if (isMember) return entry.send();
      entry.members.clear();
      entry.value.set([]);
    },
    detach() {
      for (const entry of entries.values()) entry.isMember = false;
    },
    frames: {
      presence({ room, data, code = "", message = "" }) {
        if (!entries.get(room)?.isMember) return; // it has left meanwhile, and sends it again when it is back
        onFailed({ name: "presence", data: { room, data }, error: new RequestError(code, message) });
      },
      members({ room, self, more, here, gone = [] }) {
        const entry = entries.get(room);
        if (!entry) return;
        const { members } = entry;
        if (self !== undefined) {
          entry.self = self;
          members.clear();
        }
        for (const id of gone) members.delete(id);
        for (const member of here)
          if (members.size < max || members.has(member.id))
            members.set(member.id, { ...member, self: member.id === entry.self });
        if (!more) entry.value.set([...members.values()]);
      },
    },
  };
}
