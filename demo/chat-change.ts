import type { ChatMessage } from "./contract.ts";

/** A change of what the chat remembers. Several processes that apply the same changes in one order remember the same. */
export type ChatChange =
  | RoomChange
  | {
      /** A node was killed: the pages of its people are disconnected until they come to another node. */
      readonly type: "lost";
      /** The number of the node. */
      readonly node: number;
    };

/** A change of one room. */
export type RoomChange = {
  /** The name of the room. */
  readonly room: string;
} & (
  | {
      /** A person's session has joined the room, or has come to another node. It has no effect when the name is taken. */
      readonly type: "entered";
      readonly person: SessionOwner;
    }
  | {
      /** A person's session has ended. */
      readonly type: "left";
      readonly person: SessionOwner;
    }
  | {
      /** A person's page has disconnected, or connected again. */
      readonly type: "connection";
      readonly person: SessionOwner;
      readonly connected: boolean;
    }
  | {
      /** A person has sent a chat message. It has no effect when the room has the message already. */
      readonly type: "message";
      readonly message: ChatMessage;
    }
);

/** A person's session at the node that has it. */
export interface SessionOwner {
  /** The name as the person writes it. */
  readonly name: string;
  /** The id of the session. */
  readonly session: string;
  /** The number of the node; 0 when the demo has one server. */
  readonly node: number;
}
