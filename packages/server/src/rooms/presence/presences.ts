import type { PresentMember } from "@symbolon/protocol/internal";
import type { RoomLog } from "../../store/room-log.ts";
import type { RoomSubscriber } from "../memberships.ts";
import { type PresenceChannelListener, PresenceChannel } from "./presence-channel.ts";
import type { PresenceClient, PresenceMember } from "./presence-member.ts";
import { PresenceNodes } from "./presence-nodes.ts";
import { type PresenceOptions, PresenceRoom } from "./presence-room.ts";

/** Who is in a room, as the server's code reads it. */
export interface PresenceView<Data = unknown> {
  /**
   * The members, at all servers of the store. A server follows a room while it has a member or a subscriber of it: without one,
   * and for a moment after the first, it knows of no others.
   */
  readonly members: readonly PresentMember<Data>[];
  /**
   * Calls `listener` with the members whenever they have changed. What it throws goes to `onError`.
   * @returns unsubscribes it.
   */
  readonly subscribe: (listener: (members: readonly PresentMember<Data>[]) => unknown) => () => void;
}

/** What the presence of a contract's rooms needs. */
export interface PresencesOptions extends Pick<PresenceOptions, "definition" | "clock" | "onError"> {
  /** The log through which processes announce who is there; undefined without a store. */
  readonly log: RoomLog | undefined;
  /** The path of the contract. */
  readonly path: string;
}

/** Who is in each room of a contract. */
export class Presences {
  readonly #options: PresenceOptions;
  readonly #rooms = new Map<string, PresenceRoom>();

  constructor({ log, path, ...own }: PresencesOptions) {
    const channelOptions = (name: readonly string[]) => ({
      log: log as RoomLog,
      key: JSON.stringify([path, ...name]),
      ...own,
    });
    const nodes = new PresenceNodes(channelOptions(["", "presence", "nodes"]), {
      expire: (node) => Array.from(this.#rooms.values(), (room) => room.expire(node)).some(Boolean),
      onReturn: () => this.#each((room) => room.ask()),
      retry: () => this.#each((room) => room.retry()),
    });
    const open = (room: string, listener: PresenceChannelListener) =>
      new PresenceChannel(channelOptions([room, "presence"]), listener);
    this.#options = { ...own, node: nodes.id, others: log && { nodes, open } };
  }

  /** A client joins a room, whose messages `reader` reads. */
  join(room: string, client: PresenceClient, reader: RoomSubscriber): PresenceMember {
    return this.#room(room).add(client, reader);
  }

  /** Who is in a room. */
  view(name: string): PresenceView {
    const rooms = this.#rooms;
    return {
      get members() {
        return rooms.get(name)?.members ?? [];
      },
      subscribe: (listener) => this.#room(name).subscribe(listener),
    };
  }

  /** Forgets all, as a process does that dies. */
  crash(): void {
    this.#each((room) => room.stop());
    this.#rooms.clear();
    this.#options.others?.nodes.stop();
  }

  #room(name: string): PresenceRoom {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    this.#options.others?.nodes.start();
    const room = new PresenceRoom(name, this.#options, () => this.#release(room));
    this.#rooms.set(name, room);
    return room;
  }

  #release(room: PresenceRoom): void {
    room.stop();
    this.#rooms.delete(room.name);
    if (this.#rooms.size === 0) this.#options.others?.nodes.stop();
  }

  #each(act: (room: PresenceRoom) => void): void {
    for (const room of Array.from(this.#rooms.values())) act(room);
  }
}
