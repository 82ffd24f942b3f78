import { RequestError } from "@symbolon/server";
import { type ChatMessage, type HistoryPage, pageSize } from "./contract.ts";
import type { Timers } from "./timers.ts";
import { TypingUsers } from "./typing-users.ts";

/** How many chat messages a room keeps. */
const maxMessages = 500;
/** How many rooms the server keeps. */
const maxRooms = 1000;

/** A person in a room. */
export interface Person {
  /** The name as the person writes it. */
  readonly name: string;
  /** Whether the person's page is connected. */
  readonly connected: boolean;
}

/** What the server remembers of a chat room: its newest messages, who is in it, and who is typing. */
export class ChatRoom {
  /** The people in the room. The key is the name in lower case: `ada` and `Ada` are the same name. */
  readonly people = new Map<string, Person>();
  /** The people who are typing. */
  readonly typingUsers: TypingUsers;
  #messages: ChatMessage[] = [];

  /** A person whose page does not repeat its report for `typingTimeout` ms no longer counts as typing. */
  constructor(timers: Timers, typingTimeout: number) {
    this.typingUsers = new TypingUsers(timers, typingTimeout);
  }

  /** The names of the people in the room. */
  get names(): string[] {
    return Array.from(this.people.values(), ({ name }) => name);
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

  #dropAnEmptyRoom(): void {
    for (const [name, { people }] of this.#rooms) {
      if (people.size === 0) return void this.#rooms.delete(name);
    }
    throw new Response("Every room is in use", { status: 503 });
  }
}
