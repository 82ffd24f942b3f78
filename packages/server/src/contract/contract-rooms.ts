import {
  type AnyContract,
  type FrameCodec,
  RequestError,
  Sent,
  type ServerMessages,
} from "@symbolon/protocol";
import { jsonFrames } from "@symbolon/protocol/internal";
import type { Clock } from "../timing/clock.ts";
import type { RoomScope } from "./handlers.ts";
import type { RecordRoomMessages } from "../session/link.ts";
import { memoryStore } from "../store/memory-store.ts";
import type { Peer } from "./peer.ts";
import { RoomReader, type RoomSource } from "../rooms/room-reader.ts";
import { type RoomMember, Rooms } from "../rooms/room.ts";
import { RoomEncoder } from "../rooms/room-encoder.ts";
import type { RoomMemberships } from "../rooms/memberships.ts";
import type { ContractRoom, JoinOptions, RoomsOptions } from "./setup.ts";
import type { Retention, RoomLog, RoomPosition, RoomAppend, Store } from "../store/store.ts";

/** A peer, as rooms need it. */
export interface RoomClient {
  readonly memberships: RoomMemberships;
  /** Told what went wrong in a room. */
  readonly onError: (error: unknown) => void;
}

/** What the rooms of a contract need. */
export interface ContractRoomsOptions {
  readonly clock: Clock;
  readonly codecs?: readonly FrameCodec[];
  /** Where the logs are. Default: in memory. */
  readonly store?: Pick<Store, "rooms">;
  /** Told why what was said is lost, when nobody awaits it. */
  readonly onStoreError: (error: unknown) => void;
  /** Finds a peer. Throws TypeError for one of another contract. */
  readonly findClient: (peer: object) => RoomClient;
}

/** What a log keeps for those who come back. */
const window: Retention = { messages: 1_000, seconds: 120 };
/** A room that nobody has used is looked at so often: it loses what is too old, then is found empty, then is forgotten. */
const rounds = 3;

/** The rooms of a contract: what is said goes through the log of its room, to those who are away as well. */
export class ContractRooms<C extends AnyContract> {
  readonly #options: ContractRoomsOptions;
  readonly #path: string;
  readonly #shown: Retention | undefined;
  readonly #kept: Retention;
  #log: RoomLog;
  readonly #words: RoomEncoder;
  readonly #sources = new Map<string, RoomSource & { readonly unwatch: () => void }>();
  readonly #rooms: Rooms<Peer<ServerMessages<C>>, RoomMember, JoinOptions>;
  /** When the clock was made, in ms since 1970. */
  readonly #start: number;
  #rounds = 0;

  constructor(contract: C, options: ContractRoomsOptions, own: RoomsOptions<C> = {}) {
    const { keep, slow = "pause", perPeer = 100 } = own;
    for (const bound of [keep?.messages ?? 1, keep?.seconds ?? 1, perPeer])
      if (!(bound > 0)) throw new RangeError(`a bound of rooms is a positive number, not ${bound}`);
    this.#options = options;
    this.#path = contract.path;
    this.#shown = keep;
    this.#kept = {
      messages: Math.max(window.messages, keep?.messages ?? 0),
      seconds: Math.max(window.seconds, keep?.seconds ?? 0),
    };
    this.#log = (options.store ?? memoryStore()).rooms;
    this.#words = new RoomEncoder(options.codecs?.[0] ?? jsonFrames);
    this.#start = Date.now() - options.clock.now;
    this.#rooms = new Rooms<Peer<ServerMessages<C>>, RoomMember, JoinOptions>(
      (peer, name, { since = Infinity } = {}) => {
        const { memberships: seat, onError: failed } = options.findClient(peer);
        if (seat.size >= perPeer)
          throw new RequestError("TOO_MANY_ROOMS", `a client is in ${perPeer} rooms at most: leave one`);
        const source = this.#source(name, slow as RoomSource["slow"]);
        const was = seat.claimPosition(name);
        const begins = was ? () => Promise.resolve(was) : this.#newcomer(source.key, since);
        const reading = new RoomReader(source, { id: seat.id, onError: failed }, begins);
        seat.add(name, reading);
        const left = (): void => {
          seat.remove(name);
          if (this.#rooms.membersOf(name).length > 0) return;
          source.unwatch();
          if (this.#sources.get(name) === source) this.#sources.delete(name);
          this.#tend();
        };
        return { closed: peer.closed, onError: failed, onLeave: left };
      },
    );
  }

  /** The room of a name. */
  room(name: string, say?: (said: RoomAppend) => Sent): ContractRoom<C> {
    return this.#rooms.room<ContractRoom<C>["send"]>(name, (event, data, { except } = {}) => {
      const message = {
        name: event,
        data: this.#words.encode(event, data),
        except: except?.id,
        at: this.#now,
      };
      const said = { room: this.#keyOf(name), message, keep: this.#kept };
      this.#tend();
      return say === undefined ? this.#say(said) : say(said);
    });
  }

  /**
   * Rooms for the handler of one message. What it sends in them waits until `commit`, and is then sent in order: by `record`
   * if that can, so that it is kept together with the message that caused it. After `commit` or `discard` they are like others.
   */
  scope(record: RecordRoomMessages): RoomScope<C> {
    let held: RoomAppend[] | undefined = [];
    const hold = (message: RoomAppend): Sent =>
      held === undefined ? this.#say(message) : (held.push(message), settled());
    return {
      room: (name) => this.room(name, hold),
      commit: () => {
        const messages = held ?? [];
        held = undefined;
        if (messages.length === 0 || record(messages)) return undefined;
        return Promise.all(messages.map(async (message) => this.#append(message)));
      },
      discard: () => {
        held = undefined;
      },
    };
  }

  /** Forgets what was said, as a process that dies does; what is in a store stays there. */
  crash(): void {
    if (this.#options.store !== undefined) return;
    this.#log = memoryStore().rooms;
    this.#sources.clear();
  }

  get #now(): number {
    return Math.round(this.#start + this.#options.clock.now);
  }

  #append({ room, message, keep }: RoomAppend): ReturnType<RoomLog["append"]> {
    return this.#log.append(room, message, keep);
  }

  #say(said: RoomAppend): Sent {
    const sent = new Sent((cause) =>
      this.#options.onStoreError(new Error("what was said in a room is lost", { cause })),
    );
    const placed = new Promise((resolve) => resolve(this.#append(said)));
    void Promise.allSettled([placed]) // who awaits it has called `then` by now
      .then(() => placed)
      .then(
        () => sent.resolve(),
        (error: unknown) => sent.reject(error),
      );
    return sent;
  }

  /** Rooms of two contracts may have the same name, and one log. */
  #keyOf(name: string): string {
    return JSON.stringify([this.#path, name]);
  }

  #source(name: string, slow: RoomSource["slow"]): RoomSource & { readonly unwatch: () => void } {
    const known = this.#sources.get(name);
    if (known !== undefined) return known;
    const key = this.#keyOf(name);
    const readings = new Set<RoomReader>();
    const unwatch = this.#log.subscribe(key, (entry, ep) => {
      for (const reading of readings) reading.receive(entry, ep);
    });
    const { clock } = this.#options;
    const source = {
      name,
      key,
      log: this.#log,
      encoder: this.#words,
      slow,
      clock,
      readers: readings,
      unwatch,
    };
    this.#sources.set(name, source);
    return source;
  }

  /**
   * Where somebody begins who was never in a room: where it is now, or as far back as it shows. Asked again, as the log had
   * failed, what was said since the first time is for it too.
   */
  #newcomer(key: string, since: number): () => Promise<RoomPosition> {
    const joined = this.#now;
    const { messages, seconds } = this.#shown ?? { messages: 0, seconds: 0 };
    const from = joined - Math.min(since, seconds * 1_000);
    let again = false;
    return async () => {
      const late = again;
      again = true;
      if (!late && messages === 0) return this.#log.position(key);
      const { epoch: ep, offset: off, entries } = await this.#log.read(key, undefined, Infinity);
      const missed = late ? entries.findIndex(({ at }) => at >= joined) : -1;
      const before = missed < 0 ? entries.length : missed;
      const shown = entries.slice(Math.max(0, before - messages), before).find(({ at }) => at > from);
      return { epoch: ep, offset: (shown ?? entries[before])?.previous ?? off };
    };
  }

  /** Has the logs lose what is too old, until nobody has used them for a while. */
  #tend(): void {
    const idle = this.#rounds === 0;
    this.#rounds = rounds;
    if (idle) this.#sweepLater();
  }

  #sweepLater(): void {
    const ms = this.#kept.seconds * 1_000;
    this.#options.clock.after(ms, () => {
      this.#rounds -= 1;
      void Promise.resolve(this.#log.sweep(this.#now, ms)).catch(() => {}); // the next one tries again
      if (this.#rounds > 0) this.#sweepLater();
    });
  }
}

function settled(): Sent {
  const sent = new Sent();
  sent.resolve();
  return sent;
}
