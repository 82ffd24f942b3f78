import type { ChatMessage, HistoryPage, NewMessage } from "../../contract.ts";
import { gapText } from "../shared/history-text.ts";

/** A notice between the messages: what a person has done, or that messages are missing. */
type Notice = {
  /** The name of the person. */
  readonly about?: string;
  readonly text: string;
};

/** A message that the server has sent to the room, with its picture if this page has sent that. */
export type ShownMessage = ChatMessage & { readonly bytes?: Uint8Array<ArrayBuffer> | undefined };

/** A message of the user that the server has not sent to the room yet. */
export type PendingMessage = Pick<ChatMessage, "from" | "at"> & {
  readonly message: NewMessage;
  /**
   * `pending`: the client sends it. `unsent`: the client was closed before it sent it. `unknown`: the server may or may
   * not have received it. `rejected`: the server has rejected it.
   */
  readonly delivery: "pending" | "unsent" | "unknown" | "rejected";
  /** Why the server has rejected it. */
  readonly reason?: string | undefined;
};

/** What the page shows of a room. */
export type RoomState = {
  /** The messages that the user has loaded, above the others. */
  readonly earlier: readonly ShownMessage[];
  /** Whether the server may have messages before these. */
  readonly hasEarlier: boolean;
  /** The newest messages, and the notices between them. */
  readonly items: readonly (ShownMessage | Notice)[];
  /** The names of the people in the room. */
  readonly people: readonly string[];
  /** The messages of the user that are not delivered yet. */
  readonly pending: readonly PendingMessage[];
};

/** An event that changes the state of a room. */
export type RoomAction =
  | ({ readonly type: "entered" } & HistoryPage)
  | ({ readonly type: "earlierLoaded" } & HistoryPage)
  | { readonly type: "earlierGone" }
  | { readonly type: "received"; readonly message: ChatMessage }
  | {
      readonly type: "joined" | "left";
      readonly name: string;
      readonly people: readonly string[];
      /** Whether the page shows no notice. */
      readonly returning?: boolean | undefined;
    }
  | { readonly type: "gap" }
  | ({ readonly type: "sent"; readonly message: NewMessage } & Pick<ChatMessage, "from" | "at">)
  | { readonly type: PendingMessage["delivery"]; readonly id: string; readonly reason?: string };

/** The state of a room that the page has not joined yet. */
export const emptyRoom: RoomState = { earlier: [], hasEarlier: false, items: [], people: [], pending: [] };

/** Returns the state of a room after an event. */
export function roomReducer(room: RoomState, action: RoomAction): RoomState {
  const { items, pending } = room;
  switch (action.type) {
    case "entered": {
      const { messages, hasEarlier } = action;
      // The user is new here, or has missed more than a page. The transcript starts at this page; a button loads the rest.
      const startsOver = hasEarlier && !messages.some((message) => isShown(room, message));
      const start = startsOver ? { ...room, earlier: [], items: [], hasEarlier } : room;
      return messages.reduce(appendMessage, start);
    }
    case "earlierLoaded": {
      const messages = action.messages.filter((message) => !isShown(room, message));
      return { ...room, earlier: [...messages, ...room.earlier], hasEarlier: action.hasEarlier };
    }
    case "earlierGone":
      return { ...room, hasEarlier: false };
    case "received":
      return appendMessage(room, action.message);
    case "joined":
    case "left":
      return {
        ...room,
        items: action.returning ? items : appendPersonNotice(items, action.name, action.type),
        people: action.people,
      };
    case "gap":
      return { ...room, items: [...items, { text: gapText }] };
    case "sent": {
      const { message, from, at } = action;
      return { ...room, pending: [...pending, { message, from, at, delivery: "pending" }] };
    }
    default: {
      const { type, id, reason } = action;
      return {
        ...room,
        pending: pending.map((each) =>
          each.message.id === id
            ? { ...each, delivery: type, ...(reason !== undefined && { reason }) }
            : each,
        ),
      };
    }
  }
}

/** Whether the page shows this message already: a server may send a message again after a restart. */
export function isShown({ earlier, items }: RoomState, { id }: ChatMessage): boolean {
  return [...earlier, ...items].some((item) => "id" in item && item.id === id);
}

/** The oldest message on the page. */
export function oldestMessage({ earlier, items }: RoomState): ChatMessage | undefined {
  return [...earlier, ...items].find((item) => "id" in item);
}

function appendMessage(room: RoomState, message: ChatMessage): RoomState {
  const { items, pending } = room;
  const mine = pending.find((each) => each.message.id === message.id);
  return {
    ...room,
    items: isShown(room, message) ? items : [...items, { ...message, bytes: mine?.message.picture?.bytes }],
    pending: pending.filter((each) => each !== mine),
  };
}

/** A notice about a person replaces a notice about the same person directly above it. */
function appendPersonNotice(
  items: RoomState["items"],
  about: string,
  change: "joined" | "left",
): RoomState["items"] {
  const last = items.at(-1);
  if (!last || !("about" in last) || last.about !== about) return [...items, { about, text: change }];
  return [...items.slice(0, -1), { about, text: change === "joined" ? "is back" : change }];
}
