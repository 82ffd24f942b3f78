import type { ContractDefinition, Message, Schema } from "@symbolon/protocol";
import type { PresentMember } from "@symbolon/protocol/internal";
import type { Clock } from "../../timing/clock.ts";
import type { RoomSubscriber } from "../memberships.ts";
import { allMembersFrames, membersFrames } from "./members-frames.ts";
import { MemberTable, type PresentConnection } from "./member-table.ts";
import { PresenceAnnouncer } from "./presence-announcer.ts";
import type { Announcement, PresenceChannelListener, PresenceChannel } from "./presence-channel.ts";
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
        readonly open: (room: string, listener: PresenceChannelListener) => PresenceChannel;
      }
    | undefined;
  /** Called when others may not learn of a change soon. */
  readonly onError: (error: unknown) => void;
}

/** Receives the members of a room whenever they have changed. */
type MembersListener = (members: readonly PresentMember[]) => unknown;

/** The least time between two differences, in ms, and what each member adds: all receive them, so a large room gets fewer. */
const [interval, intervalPerMember] = [50, 0.1];
/** How long a process may take to answer, in ms: then it has none of the connections that are known of it. */
const answerTime = 15_000;
/** For how many versions that clients know it keeps frames. */
const maxFrames = 4;
/** How long a session that moves is announced after it has left, in ms: until its next process announces it. */
const moveTime = 5_000;

/** Who is in a room, in all processes, for the members in this one. */
export class PresenceRoom implements PresenceRoomOfMember, PresenceChannelListener {
  readonly name: string;
  readonly #options: PresenceOptions;
  readonly #table: MemberTable;
  readonly #channel: PresenceChannel | undefined;
  readonly #onEmpty: () => void;
  /** The members in this process, by the ids of their peers. */
  readonly #members = new Map<string, PresenceMember>();
  readonly #subscribers = new Set<MembersListener>();
  /** The connections of this process. */
  readonly #own = new Map<string, PresentConnection>();
  readonly #announcer: PresenceAnnouncer;
  /** Processes that were asked for their connections, and have not answered. */
  #silent: Set<string> | undefined;
  #applying = new Set<PresenceMember>();
  #scheduled = false;
  #stopped = false;
  /** The version that subscribers know. */
  #known = 0;
  /** The frames for clients that know a version, or nothing, until the next one. */
  readonly #frames = new Map<number | undefined, readonly string[]>();
  #framesVersion = 0;

  /** Calls `onEmpty` when no member, no subscriber and no change is left. */
  constructor(name: string, options: PresenceOptions, onEmpty: () => void) {
    this.name = name;
    this.#options = options;
    this.#onEmpty = onEmpty;
    this.#table = new MemberTable(options.definition.by);
    this.#announcer = new PresenceAnnouncer({
      node: options.node,
      own: this.#own,
      channel: options.others && { announce: async (announcement) => this.#channel?.announce(announcement) },
      onAsk: () => this.#expectAnswers(),
      onAskFailed: () => (this.#silent = undefined),
      onReady: () => this.#plan(),
      onError: options.onError,
    });
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
    return this.#own.size + this.#members.size + this.#subscribers.size === 0 && this.#announcer.isIdle;
  }

  /** A client joins. */
  add(client: PresenceClient, reader: RoomSubscriber): PresenceMember {
    const member = new PresenceMember(this, client, reader);
    this.#members.get(client.id)?.supersede();
    this.#members.set(client.id, member);
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
    this.#announcer.change(connection.id);
    this.#table.set(this.#options.node, connection);
  }

  remove(member: PresenceMember, moved: boolean): void {
    const { id } = member.client;
    this.#applying.delete(member);
    if (this.#members.get(id) !== member) return;
    this.#members.delete(id);
    const leave = (): void => {
      if (this.#own.get(id) !== known) return; // it has come back
      this.#own.delete(id);
      this.#announcer.change(id);
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
    if (this.#framesVersion !== this.version || this.#frames.size > maxFrames) this.#frames.clear();
    this.#framesVersion = this.version;
    const from = changes && version;
    const known = this.#frames.get(from);
    const frames = known ?? membersFrames(this.name, changes ?? { here: this.members, gone: [] });
    this.#frames.set(from, frames);
    return changes === undefined ? allMembersFrames(frames, this.#table.memberOf(client)) : frames;
  }

  receive({ node, here = [], gone = [], all, asks }: Announcement): void {
    if (node === this.#options.node) return;
    this.#options.others?.nodes.see(node);
    for (const connection of here) this.#table.set(node, connection);
    for (const id of gone) this.#table.delete(node, id);
    if (all !== undefined) {
      this.#table.replace(node, new Set(all));
      this.#silent?.delete(node);
    }
    if (asks === true) this.#announcer.announceAll();
    this.#plan();
  }

  /** What the others have announced, or asked, may be lost. */
  missed(): void {
    this.#announcer.announceAll();
    this.ask();
  }

  /** Asks the other processes for all their connections. */
  ask(): void {
    this.#announcer.ask();
  }

  /** Another process has expired. Returns whether it had connections. */
  expire(node: string): boolean {
    const { version } = this.#table;
    this.#table.replace(node, new Set());
    if (version === this.#table.version) return false;
    this.#plan();
    return true;
  }

  /** Tries again what has failed. */
  retry(): void {
    this.#channel?.watch();
    this.#announcer.retry();
  }

  /** Learns of nothing any more, and announces nothing. */
  stop(): void {
    this.#stopped = true;
    this.#channel?.stop();
  }

  /** A process that is asked and lives, and does not answer, has left the room, and that was lost. */
  #expectAnswers(): void {
    const silent = new Set(this.#table.nodes);
    silent.delete(this.#options.node);
    this.#silent = silent;
    this.#options.clock.after(answerTime, () => {
      if (this.#silent === silent) for (const node of silent) this.expire(node);
    });
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
    this.#announcer.announce();
    for (const member of this.#members.values()) member.update();
    if (this.#known !== this.version) {
      this.#known = this.version;
      const { members } = this;
      for (const subscriber of Array.from(this.#subscribers)) void this.#call(subscriber, members);
    }
    if (this.isEmpty) this.#onEmpty();
  }

  async #call(subscriber: MembersListener, members: readonly PresentMember[]): Promise<void> {
    try {
      await subscriber(members);
    } catch (error) {
      this.#options.onError(error);
    }
  }
}
