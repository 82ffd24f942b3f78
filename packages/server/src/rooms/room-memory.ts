import type { Retention } from "../store/room-log.ts";

/** What a room remembers, as an option: `RoomsOptions.memory`. */
export interface RoomMemoryOptions {
  /**
   * How many messages.
   * @default 1_000
   */
  readonly messages?: number;
  /**
   * How old a message may become, in ms.
   * @default 120_000
   */
  readonly ms?: number;
  /**
   * The size of all their data, in bytes; a text counts one byte for each UTF-16 code unit. The newest message is kept
   * although it is larger.
   * @default 4_194_304
   */
  readonly bytes?: number;
  /**
   * The part of it that a new member receives: so many of the newest `messages`, of the last `ms`; with `{}` all of it. Where
   * the room has no bound of its own, it remembers at least this much.
   * @default nothing
   */
  readonly newMembers?: Partial<Pick<Retention, "messages" | "ms">>;
}

/** What a room remembers. */
export interface RoomMemory {
  /** Whether it remembers any message. */
  readonly remembers: boolean;
  /** The messages that its log keeps. */
  readonly retention: Retention;
  /** The messages that a new member receives. */
  readonly newMembers: Retention;
  /** How often its log is swept, in ms. */
  readonly sweepInterval: number;
  /** How long a room without members and messages remains in the log, in ms. */
  readonly idle: number;
}

/** What the log of a room keeps that remembers nothing. */
export const forget: Retention = { messages: 0, ms: 0 };

const defaults = { messages: 1_000, ms: 120_000, bytes: 2 ** 22 };
/** The least time between two sweeps, in ms. */
const minSweepInterval = 1_000;
/**
 * The least time that an idle room remains, in ms. A sweep covers the rooms of all contracts in the log: after a restart those
 * of another contract, which remembers more, have no members until their clients have reconnected.
 */
const minIdle = 120_000;

/**
 * Reads the option `rooms.memory`.
 * @throws TypeError when it is neither `false` nor an object, or has an unknown name; RangeError when a bound is not above 0, or when new members
 * would receive more than the room remembers.
 */
export function readRoomMemory(memory: false | RoomMemoryOptions = {}): RoomMemory {
  if (memory === false)
    return {
      remembers: false,
      retention: forget,
      newMembers: forget,
      sweepInterval: defaults.ms,
      idle: minIdle,
    };
  checkObject("rooms.memory", memory, "false, or an object with the bounds messages, ms and bytes");
  checkNames("rooms.memory", memory, ["messages", "ms", "bytes", "newMembers"]);
  const { newMembers } = memory;
  if (newMembers !== undefined) checkNewMembers(newMembers);
  const retention = {
    messages: memory.messages ?? Math.max(defaults.messages, newMembers?.messages ?? 0),
    ms: memory.ms ?? Math.max(defaults.ms, newMembers?.ms ?? 0),
    bytes: memory.bytes ?? defaults.bytes,
  };
  for (const name of ["messages", "ms", "bytes"] as const)
    checkBound(`rooms.memory.${name}`, retention[name], "to remember nothing, set rooms.memory to false");
  const given = newMembers && {
    messages: newMembers.messages ?? retention.messages,
    ms: newMembers.ms ?? retention.ms,
  };
  for (const name of ["messages", "ms"] as const)
    if (given !== undefined && given[name] > retention[name])
      throw new RangeError(
        `rooms.memory.newMembers.${name} is ${given[name]}, but the room remembers less: raise rooms.memory.${name} (${retention[name]})`,
      );
  const sweepInterval = Math.max(retention.ms, minSweepInterval);
  const idle = Math.max(retention.ms, minIdle);
  return { remembers: true, retention, newMembers: given ?? forget, sweepInterval, idle };
}

function checkNewMembers(newMembers: NonNullable<RoomMemoryOptions["newMembers"]>): void {
  checkObject("rooms.memory.newMembers", newMembers, "an object with the bounds messages and ms");
  checkNames("rooms.memory.newMembers", newMembers, ["messages", "ms"]);
  for (const name of ["messages", "ms"] as const)
    if (newMembers[name] !== undefined)
      checkBound(
        `rooms.memory.newMembers.${name}`,
        newMembers[name],
        "without newMembers a new member receives nothing older",
      );
}

/**
 * Checks the options of a contract's rooms.
 * @throws TypeError when they are no object, or one has an unknown name.
 */
export function checkRoomsOptions(rooms: object): void {
  const names = ["memory", "slow", "perPeer"];
  checkObject("rooms", rooms, `an object with the options ${names.join(", ")}`);
  checkNames("rooms", rooms, names);
}

/**
 * Checks the names of options: a program in JavaScript may give one that does not exist, which would be ignored.
 * @throws TypeError for such a name.
 */
export function checkNames(path: string, value: object, known: readonly string[]): void {
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new TypeError(
      `${path} has no option ${JSON.stringify(unknown)}: its options are ${known.join(", ")}`,
    );
}

function checkObject(name: string, value: unknown, expected: string): void {
  if (typeof value !== "object" || value === null)
    throw new TypeError(`${name} must be ${expected}, not ${JSON.stringify(value)}`);
}

function checkBound(name: string, bound: unknown, advice: string): void {
  if (!(typeof bound === "number" && bound > 0))
    throw new RangeError(
      `${name} must be above 0, not ${typeof bound === "string" ? JSON.stringify(bound) : String(bound)}: ${advice}`,
    );
}
