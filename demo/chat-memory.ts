import type { Store } from "@symbolon/server/store";
import type { ChatChange } from "./chat-change.ts";
import type { ChatMessage } from "./contract.ts";

/** Keeps what has to survive a chat server. `LocalMemory` is that of one server, `SharedMemory` that of several nodes. */
export interface ChatMemory {
  /** Keeps the sessions and the rooms of the library. */
  readonly store: Store;
  /** Applies a change, and keeps it. Resolves when the rooms of this process have it. */
  readonly change: (change: ChatChange) => Promise<void>;
  /** Reports at every node whether a person in a room is typing. */
  readonly setTyping: (room: string, name: string, isTyping: boolean) => void;
  /** Keeps the picture of a chat message. */
  readonly addPicture: (message: ChatMessage, picture: Uint8Array<ArrayBuffer>) => Promise<void>;
  /** Finds the picture of a chat message. Resolves with undefined when it is not kept any longer. */
  readonly findPicture: (message: ChatMessage) => Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Closes the store and the rest. Call it after the server is closed. */
  readonly close: () => Promise<void>;
}
