import { RequestError } from "@symbolon/server";
import type { ChatChange, RoomChange, SessionOwner } from "./chat-change.ts";
import { type ChatMessage, type HistoryPage, pageSize } from "./contract.ts";
import type { Timers } from "./timers.ts";
import { TypingUsers } from "./typing-users.ts";

/** How many chat messages a room keeps. */
const maxMessages = 500;
/** How many rooms the server keeps. */
const maxRooms = 1000;

/** A person in a room. */
export interface Person extends SessionOwner {
  /** Whether the person's page is connected. */
  readonly connected: boolean;
}

/** What the server remembers of a chat room: its newest messages, who is in it, and who is typing. */
export class ChatRoom {
  /** The people in the room. The key is the name in lower case: `ada` and `Ada` are the same name. */
  readonly #people = new Map<string, Person>();
  /** The people who are typing. */
  readonly typingUsers: TypingUsers;
  #messages: ChatMessage[] = [];

  /** A person whose page does not repeat its report for `typingTimeout` ms no longer counts as typing. */
  constructor(timers: Timers, typingTimeout: number) {
    this.typingUsers = new TypingUsers(timers, typingTimeout);
  }

  /** The people in the room. */
  get people(): Person[] {
    return [...this.#people.values()];
  }

  /** The names of the people in the room. */
  get names(): string[] {
    return this.people.map(({ name }) => name);
  }

  /** The person in the room who has this name; undefined when there is not one. */
  person(name: string): Person | undefined {
    return this.#people.get(keyOf(name));
  }

  /** Whether the name belongs to this session, at this node. */
  isHere({ name, session, node }: SessionOwner): boolean {
    const person = this.person(name);
    return person?.session === session && person.node === node;
  }

  /** Applies a change of this room. */
  apply(change: RoomChange): void {
    if (change.type === "message") {
      if (!this.find(change.message.id)) this.add(change.message);
      return;
    }
    const { type, person } = change;
    const key = keyOf(person.name);
    if (type === "entered") {
      const existing = this.#people.get(key);
      // A page whose network has failed leaves a detached session with its name: the new session takes the name over.
      if (existing?.connected && existing.session !== person.session) return;
      this.#people.set(key, { ...person, connected: true });
    } else if (this.isHere(person)) {
      if (type === "connection") this.#people.set(key, { ...person, connected: change.connected });
      else this.#people.delete(key);
    }
  }

  /** The pages of this node's people are disconnected. */
  loseNode(node: number): void {
    for (const [key, person] of this.#people)
      if (person.node === node) this.#people.set(key, { ...person, connected: false });
  }

  /** Adds a chat message, and drops the oldest when there are too many. */
  add(message: ChatMessage): void {
    this.#messages = [...this.#messages, message].slice(-maxMessages);
  }

  /**
   * Finds a chat message by its id.
   * @returns undefined when the room does not have it, or has dropped it.
   */
  find(id: string): ChatMessage | undefined {
    return this.#messages.find((message) => message.id === id);
  }

  /** The newest chat messages. */
  newestPage(): HistoryPage {
    return this.#pageUpTo(this.#messages.length, pageSize);
  }

  /**
   * The chat messages before the one with this id.
   * @throws RequestError with `GONE` when the room does not have that message.
   */
  pageBefore(id: string, limit: number): HistoryPage {
    const end = this.#messages.findIndex((message) => message.id === id);
    if (end === -1)
      throw new RequestError("GONE", "the room no longer has that message", {
        oldest: this.#messages[0]?.at,
      });
    return this.#pageUpTo(end, limit);
  }

  #pageUpTo(end: number, limit: number): HistoryPage {
    const start = Math.max(0, end - limit);
    return { messages: this.#messages.slice(start, end), hasEarlier: start > 0 };
  }
}

/** The key of a person's name. */
function keyOf(name: string): string {
  return name.normalize("NFKC").toLowerCase();
}

/** All rooms of the chat. */
export class ChatRooms {
  readonly #rooms = new Map<string, ChatRoom>();
  readonly #timers: Timers;
  readonly #typingTimeout: number;

  /** A person whose page does not repeat its report for `typingTimeout` ms no longer counts as typing. */
  constructor(timers: Timers, typingTimeout: number) {
    this.#timers = timers;
    this.#typingTimeout = typingTimeout;
  }

  /**
   * Returns the room of this name; a new one if the name has no room yet.
   * @throws Response with 503 when there are too many rooms and every room has people.
   */
  get(name: string): ChatRoom {
    const existing = this.#rooms.get(name);
    if (existing) return existing;
    if (this.#rooms.size >= maxRooms) this.#dropAnEmptyRoom();
    const room = new ChatRoom(this.#timers, this.#typingTimeout);
    this.#rooms.set(name, room);
    return room;
  }

  /** Applies a change. @throws as `get`. */
  apply(change: ChatChange): void {
    if (change.type !== "lost") this.get(change.room).apply(change);
    else for (const room of this.#rooms.values()) room.loseNode(change.node);
  }

  /** All rooms, by their names. */
  entries(): Iterable<[string, ChatRoom]> {
    return this.#rooms.entries();
  }

  #dropAnEmptyRoom(): void {
    for (const [name, { people }] of this.#rooms) {
      if (people.length === 0) return void this.#rooms.delete(name);
    }
    throw new Response("Every room is in use", { status: 503 });
  }
}
