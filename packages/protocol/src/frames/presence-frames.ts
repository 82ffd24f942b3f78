/** The frames of presence, which no session numbers: who is in a room, and what each member shows. They are always JSON. */

/** A member of a room, as every server and client has it. */
export interface PresentMember<Data = unknown> {
  /** Names the member in its room: it is the same for every client, on every server. */
  readonly id: string;
  /** The principal of its connections; undefined for a member that is one connection. */
  readonly principal?: string | undefined;
  /** `here`: a connection of the member is open. `away`: all are lost, and the sessions wait for their clients. */
  readonly state: "here" | "away";
  /** How many sessions it has in the room: two pages of one principal are two. */
  readonly connections: number;
  /** What the member has set last; undefined when it has set nothing. */
  readonly data?: Data | undefined;
}

/**
 * `presence` on the wire. From a client: it follows the members of the room from now on, and shows `data` if there is any. From
 * a server: it refuses the last one, with a code.
 */
export interface PresenceFrame {
  readonly t: "presence";
  readonly room: string;
  readonly data?: unknown;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/** `members` on the wire: with `self` all members begin anew, else it has those that have changed. */
export interface MembersFrame {
  readonly t: "members";
  readonly room: string;
  /** The id of the member that the client is. */
  readonly self?: string | undefined;
  /** Whether another frame continues this one. */
  readonly more?: boolean | undefined;
  /** Members that are new, or have changed. */
  readonly here: readonly PresentMember[];
  /** The ids of members that are gone. */
  readonly gone?: readonly string[] | undefined;
}
