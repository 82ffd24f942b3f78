import {
  type AnyContract,
  type ContractDefinition,
  RequestError,
  Sent,
  type ServerMessages,
} from "@symbolon/protocol";
import { jsonFrames } from "@symbolon/protocol/internal";
import type { RecordRoomMessages } from "../session/link.ts";
import { memoryStore } from "../store/memory-store.ts";
import type { ContractRoom, JoinOptions, RoomsOptions, RoomView } from "./contract-room.ts";
import type { ContractRoomsOptions, RoomClient } from "./contract-rooms-options.ts";
import type { RoomScope } from "./handlers.ts";
import type { Peer } from "./peer.ts";
import { RoomReader, type RoomSource, type SlowPolicy } from "../rooms/room-reader.ts";
import { type BroadcastOptions, type RoomMember, Rooms } from "../rooms/room.ts";
import { RoomCapacity } from "../rooms/room-capacity.ts";
import { RoomSweeps } from "../rooms/room-sweeps.ts";
import { RoomEncoder } from "../rooms/room-encoder.ts";
import { createStartFinder } from "../rooms/member-start.ts";
import { RoomProofs } from "../rooms/room-proofs.ts";
import type { Retention, RoomLog, RoomAppend } from "../store/room-log.ts";

/** The messages that a room keeps for members that reconnect. */
const replayWindow: Required<Retention> = { messages: 1_000, ms: 120_000, bytes: 2 ** 22 };

interface SharedSource extends RoomSource {
  readonly unsubscribe: () => void;
}

/** The rooms of a contract. Each message passes through its room's log, so that a detached member receives it later. */
export class ContractRooms<C extends AnyContract> {
  readonly #options: ContractRoomsOptions;
  readonly #path: string;
  /** The messages that new members receive. */
  readonly #keep: Retention;
  /** The messages that the logs keep. */
  readonly #retention: Retention;
  readonly #slow: SlowPolicy;
  readonly #roomsPerClient: number;
  #log: RoomLog;
  #proofs: RoomProofs;
  readonly #encoder: RoomEncoder;
  readonly #sources = new Map<string, SharedSource>();
  readonly #clients = new WeakMap<object, RoomClient>();
  readonly #rooms = new Rooms<Peer<ServerMessages<C>>, RoomMember, JoinOptions>((peer, name, options) =>
    this.#createMember(peer, name, options),
  );
  /** When the clock was made, in ms since 1970. */
  readonly #clockStart: number;
  readonly #sweeps: RoomSweeps;
  readonly #capacity: RoomCapacity;

  /** @throws RangeError when a bound is not positive. */
  constructor(
    contract: C,
    options: ContractRoomsOptions,
    { keep, slow = "pause", perPeer = 100 }: RoomsOptions<C> = {},
  ) {
    for (const bound of [keep?.messages ?? 1, keep?.ms ?? 1, keep?.bytes ?? 1, perPeer])
      if (!(bound > 0))
        throw new RangeError(`keep.messages, keep.ms, keep.bytes and perPeer must be positive, not ${bound}`);
    this.#options = options;
    this.#path = contract.path;
    const { codec }: ContractDefinition = contract.definition;
    this.#keep = keep ?? { messages: 0, ms: 0 };
    this.#retention = {
      messages: Math.max(replayWindow.messages, this.#keep.messages),
      ms: Math.max(replayWindow.ms, this.#keep.ms),
      bytes: this.#keep.bytes ?? replayWindow.bytes,
    };
    this.#slow = slow as SlowPolicy; // rooms carry the contract's own events alone
    this.#roomsPerClient = perPeer;
    const { rooms, proofKey } = options.store ?? options.memory?.store ?? memoryStore();
    this.#log = rooms;
    this.#proofs = new RoomProofs(proofKey);
    this.#encoder = new RoomEncoder(codec ?? options.codecs?.[0] ?? jsonFrames);
    this.#clockStart = Date.now() - options.clock.now;
    const { ms } = this.#retention;
    this.#sweeps = new RoomSweeps(options.clock, ms, () => {
      void Promise.resolve(this.#log.sweep(this.#now, ms)).catch(() => {}); // the next one tries again
    });
    this.#capacity = new RoomCapacity(options.store !== undefined);
  }

  /** Lets the client of `peer` join rooms. */
  addClient(peer: object, client: RoomClient): void {
    this.#clients.set(peer, client);
  }

  /** The room of that name, as a setup gets it. */
  view(name: string): RoomView<C> {
    return this.#rooms.room(name, refuseSend);
  }

  /** The room of that name; what is sent there is counted to no client. */
  room(name: string): ContractRoom<C> {
    return this.#room(name, undefined, (append) => this.#send(append));
  }

  /** The same for a handler: its messages are counted to the account of its client, which may be refused. */
  roomFor(account: string, name: string): ContractRoom<C> {
    return this.#room(name, account, (append) => {
      this.#capacity.checkMessage(this.#log, append);
      return this.#send(append);
    });
  }

  /**
   * Rooms that hold what the handler of one message sends to them. `commit` sends it in order: by `record` if it can, which
   * stores it together with the message that caused it. `discard` drops it. After that these rooms send at once.
   */
  scope(record: RecordRoomMessages, account: string): RoomScope<C> {
    let held: RoomAppend[] | undefined = [];
    let heldBytes = 0;
    const hold = (append: RoomAppend): Sent => {
      const bytes = this.#capacity.checkMessage(this.#log, append, heldBytes);
      if (held === undefined) return this.#send(append);
      heldBytes += bytes;
      held.push(append);
      return settled();
    };
    return {
      room: (name) => this.#room(name, account, hold),
      commit: () => {
        const appends = held ?? [];
        held = undefined;
        heldBytes = 0;
        if (appends.length === 0 || record(appends)) return undefined;
        return Promise.all(
          appends.map(async ({ room, message, keep }) => this.#log.append(room, message, keep)),
        );
      },
      discard: () => {
        held = undefined;
        heldBytes = 0;
      },
    };
  }

  /** Forgets the messages as a process does that dies; those in a store remain. */
  crash(): void {
    if (this.#options.store !== undefined) return;
    const { rooms, proofKey } = this.#options.memory?.store ?? memoryStore();
    this.#log = rooms;
    this.#proofs = new RoomProofs(proofKey);
    this.#sources.clear();
  }

  #room(name: string, account: string | undefined, send: (append: RoomAppend) => Sent): ContractRoom<C> {
    const sendEvent = (
      event: string,
      data?: unknown,
      { except }: BroadcastOptions<Peer<ServerMessages<C>>> = {},
    ): Sent => {
      const message = {
        name: event,
        data: this.#encoder.encode(event, data),
        except: except?.id,
        at: this.#now,
        account,
      };
      this.#sweeps.schedule();
      return send({ room: this.#keyOf(name), message, keep: this.#retention });
    };
    return this.#rooms.room(name, sendEvent);
  }

  get #now(): number {
    return Math.round(this.#clockStart + this.#options.clock.now);
  }

  #send({ room, message, keep }: RoomAppend): Sent {
    const sent = new Sent((cause) =>
      this.#options.onStoreError(new Error("a room message is lost: the store has failed", { cause })),
    );
    const appended = new Promise((resolve) => resolve(this.#log.append(room, message, keep)));
    void Promise.allSettled([appended]) // later, so that the caller has awaited `sent` by then, if it does
      .then(() => appended)
      .then(
        () => sent.resolve(),
        (error: unknown) => sent.reject(error),
      );
    return sent;
  }

  /** The log of a store is shared by contracts, whose rooms may have the same names. */
  #keyOf(name: string): string {
    return JSON.stringify([this.#path, name]);
  }

  #createMember(
    peer: Peer<ServerMessages<C>>,
    name: string,
    { since = Infinity }: JoinOptions = {},
  ): RoomMember {
    const client = this.#clients.get(peer);
    if (client === undefined) throw new TypeError("only the peers of this contract can join its rooms");
    const { memberships, account, onError } = client;
    if (memberships.size >= this.#roomsPerClient)
      throw new RequestError(
        "TOO_MANY_ROOMS",
        `a client is in ${this.#roomsPerClient} rooms at most: leave one, or raise rooms.perPeer of implement`,
      );
    if (!this.#sources.has(name)) this.#capacity.checkRoom(this.#log, account);
    const source = this.#sourceOf(name);
    const { id, member } = memberships;
    const earlier = memberships.claimPosition(name);
    const findStart = createStartFinder({
      log: this.#log,
      proofs: this.#proofs,
      room: source.key,
      member,
      account,
      earlier,
      at: this.#now,
      keep: { ...this.#keep, ms: Math.min(since, this.#keep.ms) },
    });
    memberships.add(name, new RoomReader(source, { id, member, onError }, findStart), earlier);
    const onLeave = (cause: "leave" | "closed"): void => {
      if (cause === "leave" && member !== undefined) this.#endMembership(source.key, member);
      memberships.remove(name);
      if (this.#rooms.membersOf(name).length === 0) this.#release(source);
    };
    return { closed: peer.closed, onError, onLeave };
  }

  #sourceOf(name: string): SharedSource {
    const known = this.#sources.get(name);
    if (known !== undefined) return known;
    const key = this.#keyOf(name);
    const readers = new Set<RoomReader>();
    const unsubscribe = this.#log.subscribe(key, (entry, epoch) => {
      for (const reader of readers) reader.receive(entry, epoch);
    });
    const source = {
      name,
      key,
      log: this.#log,
      proofs: this.#proofs,
      encoder: this.#encoder,
      slow: this.#slow,
      clock: this.#options.clock,
      readers,
      unsubscribe,
    };
    this.#sources.set(name, source);
    return source;
  }

  #release(source: SharedSource): void {
    source.unsubscribe();
    if (this.#sources.get(source.name) === source) this.#sources.delete(source.name);
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

/** A setup that is written in JavaScript may call it. */
function refuseSend(): never {
  throw new TypeError(
    "the setup's room has no send: send by call.room(name).send in a handler, and by service.room(name).send elsewhere",
  );
}

function settled(): Sent {
  const sent = new Sent();
  sent.resolve();
  return sent;
}
