import type { ContractDefinition, Message, Schema } from "@symbolon/protocol";
import type { PresentMember } from "@symbolon/protocol/internal";
import type { Clock } from "../../timing/clock.ts";
import type { RoomSubscriber } from "../memberships.ts";
import { membersFrames } from "./members-frames.ts";
import { MemberTable, type PresentConnection } from "./member-table.ts";
import type { Announcement, AnnouncementListener, PresenceChannel } from "./presence-channel.ts";
import { type PresenceClient, PresenceMember, type PresenceRoomOfMember } from "./presence-member.ts";
import type { PresenceNodes } from "./presence-nodes.ts";

/** What the rooms of a contract share. */
export interface PresenceOptions {
  /** What the contract says of presence. */
  readonly definition: NonNullable<ContractDefinition["presence"]>;
  readonly clock: Clock;
  /** Names this process among those of the store. */
  readonly node: string;
  /** The other processes, and the channel to them; undefined without a store. */
  readonly others:
    | {
        readonly nodes: PresenceNodes;
        readonly open: (room: string, listener: AnnouncementListener) => PresenceChannel;
      }
    | undefined;
  /** Called when others may not learn of a change soon. */
  readonly onError: (error: unknown) => void;
}

/** Receives the members of a room whenever they have changed. */
type MembersListener = (members: readonly PresentMember[]) => unknown;

/** The least time between two differences, in ms, and what each member adds: all receive them, so a large room gets fewer. */
const [interval, intervalPerMember] = [50, 0.1];
/** How many connections an announcement has. */
const pageSize = 100;
/** How long a session that moves is announced after it has left, in ms: until its next process announces it. */
const moveTime = 5_000;

/** Who is in a room, in all processes, for the members in this one. */
export class PresenceRoom implements PresenceRoomOfMember, AnnouncementListener {
  readonly name: string;
  readonly #options: PresenceOptions;
  readonly #table: MemberTable;
  readonly #channel: PresenceChannel | undefined;
  readonly #onEmpty: () => void;
  readonly #members = new Set<PresenceMember>();
  readonly #subscribers = new Set<MembersListener>();
  /** The connections of this process. */
  readonly #own = new Map<string, PresentConnection>();
  /** The ids of those that the others do not know yet. */
  #unannounced = new Set<string>();
  /** Whether the others do not know any of them. */
  #announceAll = false;
  /** Whether the others are to announce all of theirs. */
  #asks = false;
  #applying = new Set<PresenceMember>();
  #scheduled = false;
  #stopped = false;
  /** The version that subscribers know. */
  #known = 0;
  /** The frames for clients that know a version, until the next one. */
  #frames:
    | { readonly from: number; readonly version: number; readonly frames: readonly Message[] }
    | undefined;

  /** Calls `onEmpty` when no member, no subscriber and no change is left. */
  constructor(name: string, options: PresenceOptions, onEmpty: () => void) {
    this.name = name;
    this.#options = options;
    this.#onEmpty = onEmpty;
    this.#table = new MemberTable(options.definition.by);
    this.#channel = options.others?.open(name, this);
  }

  get schema(): Schema {
    return this.#options.definition.data;
  }

  dateFor(client: PresenceClient): number {
    return Math.max(Math.round(this.#options.clock.date), this.#table.newestOf(client) + 1);
  }

  get version(): number {
    return this.#table.version;
  }

  /** The members, as far as this process knows. */
  get members(): readonly PresentMember[] {
    return this.#table.members;
  }

  /** Whether nothing of it is needed. */
  get isEmpty(): boolean {
    return this.#own.size + this.#members.size + this.#subscribers.size + this.#unannounced.size === 0;
  }

  /** A client joins. */
  add(client: PresenceClient, reader: RoomSubscriber): PresenceMember {
    const member = new PresenceMember(this, client, reader);
    this.#members.add(member);
    return member;
  }

  /** Calls `listener` with the members after each change, until the returned function is called. */
  subscribe(listener: MembersListener): () => void {
    const subscriber: MembersListener = (members) => listener(members); // so that a listener may subscribe twice
    this.#subscribers.add(subscriber);
    return () => {
      this.#subscribers.delete(subscriber);
      this.#plan();
    };
  }

  change(connection: PresentConnection): void {
    this.#own.set(connection.id, connection);
    this.#announce(connection.id);
    this.#table.set(this.#options.node, connection);
  }

  remove(member: PresenceMember, moved: boolean): void {
    const { id } = member.client;
    this.#members.delete(member);
    this.#applying.delete(member);
    const leave = (): void => {
      if (this.#own.get(id) !== known) return; // it has come back
      this.#own.delete(id);
      this.#announce(id);
      this.#table.delete(this.#options.node, id);
    };
    const known = this.#own.get(id);
    if (moved) this.#options.clock.after(moveTime, leave);
    else leave();
  }

  schedule(member: PresenceMember): void {
    this.#applying.add(member);
    this.#plan();
  }

  framesFor(client: PresenceClient, version: number | undefined): readonly Message[] {
    const changes = version === undefined ? undefined : this.#table.since(version);
    if (version === undefined || changes === undefined)
      return membersFrames(this.name, { here: this.members, gone: [] }, this.#table.memberOf(client));
    const known = this.#frames;
    if (known?.from === version && known.version === this.version) return known.frames;
    const frames = membersFrames(this.name, changes);
    this.#frames = { from: version, version: this.version, frames };
    return frames;
  }

  receive({ node, here = [], gone = [], all, asks }: Announcement): void {
    if (node === this.#options.node) return;
    this.#options.others?.nodes.see(node);
    for (const connection of here) this.#table.set(node, connection);
    for (const id of gone) this.#table.delete(node, id);
    if (all !== undefined) this.#table.replace(node, new Set(all));
    if (asks === true) this.#announceAll = true;
    this.#plan();
  }

  missed(): void {
    this.#asks = true;
    this.#plan();
  }

  /** Another process has expired. */
  expire(node: string): void {
    this.#table.replace(node, new Set());
    this.#plan();
  }

  /** Tries again what has failed. */
  retry(): void {
    this.#channel?.watch();
    if (this.#announceAll || this.#asks) this.#plan();
  }

  /** Learns of nothing any more, and announces nothing. */
  stop(): void {
    this.#stopped = true;
    this.#channel?.stop();
  }

  #announce(id: string): void {
    this.#unannounced.add(id);
    this.#plan();
  }

  #plan(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const ms = interval + intervalPerMember * this.#members.size;
    this.#options.clock.after(ms, () => {
      this.#scheduled = false;
      if (!this.#stopped) this.#flush();
    });
  }

  /** Applies, announces and sends what has changed since the last time. */
  #flush(): void {
    const applying = this.#applying;
    this.#applying = new Set();
    for (const member of applying) member.apply();
    this.#announceChanges();
    for (const member of this.#members) member.update();
    if (this.#known !== this.version) {
      this.#known = this.version;
      const { members } = this;
      for (const subscriber of Array.from(this.#subscribers)) void this.#call(subscriber, members);
    }
    if (this.isEmpty) this.#onEmpty();
  }

  #announceChanges(): void {
    const { node } = this.#options;
    const changed = this.#announceAll ? new Set(this.#own.keys()) : this.#unannounced;
    const here = Array.from(changed).flatMap((id) => this.#own.get(id) ?? []);
    const gone = Array.from(this.#unannounced).filter((id) => !this.#own.has(id));
    const all = this.#announceAll ? Array.from(this.#own.keys()) : undefined;
    const asks = this.#asks;
    this.#unannounced = new Set();
    this.#announceAll = false;
    this.#asks = false;
    if (this.#channel === undefined) return;
    for (let from = 0; from < here.length - pageSize; from += pageSize)
      this.#publish({ node, here: here.slice(from, from + pageSize) });
    const last = here.slice(-(here.length % pageSize || pageSize));
    if (last.length + gone.length > 0 || all !== undefined || asks)
      this.#publish({ node, here: last, gone, ...(all !== undefined && { all }), ...(asks && { asks }) });
  }

  /** What may be lost is announced again, with all other connections, at the next `retry`. */
  #publish(announcement: Announcement): void {
    this.#channel?.announce(announcement).catch((error: unknown) => {
      this.#announceAll = true;
      if (announcement.asks === true) this.#asks = true;
      this.#options.onError(error);
    });
  }

  async #call(subscriber: MembersListener, members: readonly PresentMember[]): Promise<void> {
    try {
      await subscriber(members);
    } catch (error) {
      this.#options.onError(error);
    }
  }
}
