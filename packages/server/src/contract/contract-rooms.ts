import type { AnyContract, ContractDefinition, Sent, ServerMessages } from "@symbolon/protocol";
import { HeldRoomMessages, type RecordRoomMessages } from "../rooms/held-room-messages.ts";
import { memoryStore } from "../store/memory/memory-store.ts";
import type { ContractRoom, JoinOptions, RoomsOptions, RoomView } from "./contract-room.ts";
import type { ContractRoomsOptions, RoomClient } from "../rooms/contract-rooms-options.ts";
import type { RoomScope } from "./handlers.ts";
import type { Peer } from "./peer.ts";
import { noPresence } from "../rooms/memberships.ts";
import { Presences } from "../rooms/presence/presences.ts";
import { RoomReader } from "../rooms/room-reader.ts";
import { RoomSource } from "../rooms/room-source.ts";
import type { SlowPolicy } from "../rooms/slow-policy.ts";
import { type BroadcastOptions, type RoomMember, Rooms, settledSend } from "../rooms/room.ts";
import { RoomCapacity } from "../rooms/room-capacity.ts";
import { RoomSweeps } from "../rooms/room-sweeps.ts";
import { RoomWriter } from "../rooms/room-encoder.ts";
import { createStartFinder } from "../rooms/member-start.ts";
import { RoomProofs } from "../rooms/room-proofs.ts";
import { checkRoomsOptions, readRoomMemory, type RoomMemory } from "../rooms/room-memory.ts";
import type { RoomAppend, RoomEntry, RoomLog, RoomMessage } from "../store/room-log.ts";

/** The rooms of a contract. Each message passes through its room's log, so that a detached member receives it later. */
export class ContractRooms<C extends AnyContract> {
  readonly #options: ContractRoomsOptions;
  readonly #memory: RoomMemory;
  readonly #slow: SlowPolicy;
  #log: RoomLog;
  #proofs: RoomProofs;
  readonly #writer: RoomWriter;
  readonly #sources = new Map<string, RoomSource>();
  readonly #clients = new WeakMap<object, RoomClient>();
  readonly #presences: Presences | undefined;
  readonly #rooms = new Rooms<Peer<ServerMessages<C>>, RoomMember, JoinOptions, RoomView<C>["presence"]>(
    (peer, name, options) => this.#createMember(this.#checkJoins(peer, [name]), peer, name, options),
    (name) => this.#presenceOf(name),
  );
  /** When the clock was made, in ms since 1970. */
  readonly #clockStart: number;
  readonly #sweeps: RoomSweeps;
  readonly #capacity: RoomCapacity;

  /** @throws TypeError or RangeError for an option that cannot be. */
  constructor(contract: C, options: ContractRoomsOptions, own: RoomsOptions<C> = {}) {
    checkRoomsOptions(own);
    const { memory, slow = "pause", perPeer = 100 } = own;
    this.#memory = readRoomMemory(memory);
    if (!(perPeer > 0)) throw new RangeError(`rooms.perPeer must be above 0, not ${perPeer}`);
    if (!this.#memory.remembers && typeof slow === "object")
      throw new TypeError(
        "rooms.slow.conflate chooses from what a room remembers, and rooms.memory is false: leave out one of them",
      );
    this.#options = options;
    this.#slow = slow as SlowPolicy; // rooms carry the contract's own events alone
    const store = options.store ?? options.memory?.store ?? memoryStore();
    this.#log = store.rooms;
    this.#proofs = new RoomProofs(() => store.proofKey());
    const { codecs, onStoreError } = options;
    this.#writer = new RoomWriter(contract, this.#memory.retention, onStoreError, codecs);
    this.#clockStart = Date.now() - options.clock.now;
    const { sweepInterval, idle } = this.#memory;
    this.#sweeps = new RoomSweeps(options.clock, { interval: sweepInterval, idle }, () => {
      void Promise.resolve(this.#log.sweep(this.#now, idle)).catch(() => {}); // the next one tries again
    });
    this.#presences = createPresences(contract, options);
    this.#capacity = new RoomCapacity(options.store !== undefined, perPeer);
  }

  /** Lets the client of `peer` join rooms. */
  addClient(peer: object, client: RoomClient): void {
    this.#clients.set(peer, client);
  }

  /** Whether a peer may join rooms. */
  hasClient(peer: object): boolean {
    return this.#clients.has(peer);
  }

  /** The room of that name, as a setup gets it. */
  readonly view = (name: string): RoomView<C> => this.#rooms.room(name, refuseSend);

  /** As `Service.join`. @throws TypeError when the names are no list; and what `checkJoins` throws. */
  join(peer: Peer<ServerMessages<C>>, names: readonly string[], options?: JoinOptions): void {
    if (!Array.isArray(names))
      throw new TypeError(
        `the names of rooms are an array, not ${JSON.stringify(names)}: use room(name).join(peer) for one`,
      );
    for (const name of names) this.view(name); // refuses a name that no room may have
    const client = this.#checkJoins(peer, names);
    for (const name of names)
      this.#rooms.join(name, peer, () => this.#createMember(client, peer, name, options));
  }

  /** The room of that name; what is sent there is counted to no client. */
  room(name: string): ContractRoom<C> {
    return this.#room(name, undefined, (append) => this.#writer.append(this.#log, append));
  }

  /** The same for a handler: its messages are counted to the account of its client, which may be refused. */
  roomFor(account: string, name: string): ContractRoom<C> {
    return this.#room(name, account, (append) => {
      this.#checkMessage(append);
      return this.#writer.append(this.#log, append);
    });
  }

  /**
   * Rooms that hold what the handler of one message sends to them. `commit` sends it in order: by `record` if it can, which
   * stores it together with the message that caused it. `discard` drops it. After that these rooms send at once.
   */
  scope(record: RecordRoomMessages, account: string): RoomScope<C> {
    const held = new HeldRoomMessages();
    const send = (append: RoomAppend): Sent => {
      const bytes = this.#checkMessage(append, held.bytes);
      return held.hold(append, bytes) ? settledSend() : this.#writer.append(this.#log, append);
    };
    return {
      room: (name) => this.#room(name, account, send, (event, sendNow) => held.holdVolatile(event, sendNow)),
      commit: () => held.commit(record, this.#log),
      discard: () => held.discard(),
    };
  }

  /** @returns the bytes of a message that a client causes. @throws RequestError with `TOO_MUCH_HISTORY`. */
  #checkMessage(append: RoomAppend, heldBytes?: number): number {
    return this.#memory.remembers ? this.#capacity.checkMessage(this.#log, append, heldBytes) : 0;
  }

  /** Forgets the messages as a process does that dies; those in a store remain. */
  crash(): void {
    this.#presences?.crash();
    if (this.#options.store !== undefined) return;
    const store = this.#options.memory?.store ?? memoryStore();
    this.#log = store.rooms;
    this.#proofs = new RoomProofs(() => store.proofKey());
    this.#sources.clear();
  }

  /** Volatile events go by `sendVolatile`, which calls its second argument when they are sent. */
  #room(
    name: string,
    account: string | undefined,
    send: (append: RoomAppend) => Sent,
    sendVolatile = (_: RoomMessage, sendNow: () => void): void => sendNow(),
  ): ContractRoom<C> {
    const sendEvent = (
      event: string,
      data?: unknown,
      { except, volatile }: BroadcastOptions<Peer<ServerMessages<C>>> = {},
    ): Sent => {
      const append = this.#writer.write(name, event, data, { except: except?.id, at: this.#now, account });
      if (volatile) {
        const { message } = append;
        sendVolatile(message, () => this.#sendVolatile(name, { ...message, offset: 0, previous: 0 }));
        return settledSend();
      }
      this.#sweeps.schedule();
      return send(append);
    };
    return this.#rooms.room(name, sendEvent);
  }

  get #now(): number {
    return Math.round(this.#clockStart + this.#options.clock.now);
  }

  /** Sends a volatile event to the members that are connected to this process. */
  #sendVolatile(name: string, event: RoomEntry): void {
    this.#sources.get(name)?.sendVolatile(event);
  }

  /** @returns the client that may join. @throws TypeError for a peer of another contract; RequestError as `checkJoins`. */
  #checkJoins(peer: Peer<ServerMessages<C>>, names: readonly string[]): RoomClient {
    const client = this.#clients.get(peer);
    if (client === undefined) throw new TypeError("only the peers of this contract can join its rooms");
    const { memberships, account } = client;
    const added = Array.from(new Set(names)).filter((name) => !this.#rooms.has(name, peer));
    const begun = added.filter((name) => !this.#sources.has(name)).map((name) => this.#writer.keyOf(name));
    this.#capacity.checkJoins(this.#log, account, { present: memberships.size, added: added.length, begun });
    return client;
  }

  #createMember(
    client: RoomClient,
    peer: Peer<ServerMessages<C>>,
    name: string,
    { since = Infinity }: JoinOptions = {},
  ): RoomMember {
    const { memberships, account } = client;
    const onError = (error: unknown): void => client.onError(error);
    const source = this.#sourceOf(name);
    const { key } = source.options;
    const { id, member } = memberships;
    const earlier = memberships.claimPosition(name);
    const { newMembers } = this.#memory;
    const findStart = createStartFinder({
      log: this.#log,
      proofs: this.#proofs,
      room: key,
      member,
      account,
      earlier,
      at: this.#now,
      keep: { ...newMembers, ms: Math.min(since, newMembers.ms) },
    });
    const reader = new RoomReader(source, { id, member, onError }, findStart);
    const present = this.#presences?.join(name, { id, principal: memberships.principal, onError }, reader);
    memberships.add(name, present ?? reader, earlier);
    const onLeave = (cause: "leave" | "closed"): void => {
      if (cause === "leave" && member !== undefined) this.#endMembership(key, member);
      memberships.remove(name);
      present?.leave(peer.moved);
      if (this.#rooms.size(name) === 0) this.#release(source);
    };
    return { closed: peer.closed, onError, onLeave };
  }

  /** @throws TypeError when the contract declares no presence. */
  #presenceOf(name: string): RoomView<C>["presence"] {
    if (this.#presences !== undefined) return this.#presences.view(name) as RoomView<C>["presence"]; // its schema has made the data
    throw new TypeError(noPresence);
  }

  #sourceOf(name: string): RoomSource {
    const known = this.#sources.get(name);
    if (known !== undefined) return known;
    const source = new RoomSource({
      name,
      key: this.#writer.keyOf(name),
      log: this.#log,
      proofs: this.#proofs,
      encoder: this.#writer.encoder,
      slow: this.#slow,
      remembers: this.#memory.remembers,
      clock: this.#options.clock,
    });
    this.#sources.set(name, source);
    return source;
  }

  #release(source: RoomSource): void {
    const { name } = source.options;
    source.stop();
    if (this.#sources.get(name) === source) this.#sources.delete(name);
    this.#sweeps.schedule();
  }

  /** The positions that the member has had in the room are void: a client that was removed cannot continue from one. */
  #endMembership(room: string, member: string): void {
    void new Promise((resolve) => resolve(this.#log.endMembership(room, member))).catch((cause: unknown) =>
      this.#options.onStoreError(
        new Error("a client that left a room may continue there: the store has failed", { cause }),
      ),
    );
  }
}

/** With a store, its processes tell each other who is there. */
function createPresences(
  { definition, path }: AnyContract,
  { clock, store, onStoreError: onError }: ContractRoomsOptions,
): Presences | undefined {
  const { presence }: ContractDefinition = definition;
  return presence && new Presences({ definition: presence, path, clock, log: store?.rooms, onError });
}

/** A setup that is written in JavaScript may call it. */
function refuseSend(): never {
  throw new TypeError(
    "the setup's room has no send: send by call.room(name).send in a handler, and by service.room(name).send elsewhere",
  );
}
