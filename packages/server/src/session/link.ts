import type { Closed, CloseError } from "@symbolon/protocol";
import type { Frame, Outbox, PeerOptions, RestoredState, Stamp } from "@symbolon/protocol/internal";
import type { Exchange } from "../request/exchange.ts";
import type { Verified } from "../request/identity.ts";
import type { RoomAppend } from "../store/room-log.ts";
import type { GoawayReason } from "../access/connections.ts";
import type { RoomMemberships } from "../rooms/memberships.ts";
import type { Clock } from "../timing/clock.ts";
import type { HeartbeatOptions } from "../timing/heartbeat.ts";
import type { RateOptions } from "../timing/message-rate.ts";
import type { ObservableSession } from "./session-change.ts";
import type { SessionSecret } from "./session-secret.ts";
import type { SessionOwner } from "./sessions.ts";
import type { Loss } from "./stored-sessions.ts";

/** The conversation that a link belongs to. */
export interface LinkListener {
  /** The bytes of what the client has sent in its open calls, and no handler has read. */
  readonly heldBytes: number;
  /** Receives a frame, whose message has so many bytes; the link handles those of the connection. */
  receive(frame: Frame & Stamp, bytes: number): void;
  /** The client has sent another credential, for which the hooks returned `claims`. */
  onRenewed(claims: Verified["claims"]): void;
  /** Closes the link at once; messages that wait for their handlers are dropped. */
  terminate(error: CloseError): void;
  /** This process does not have the session any more: ends it here. */
  onLost(loss: Loss): void;
  /** The session ends here, and continues from the store: messages that wait for their handlers are handled there. */
  onMoved(error: CloseError): void;
  /** Closes the link when the messages that have arrived are handled. */
  closeGracefully(error: CloseError): void;
}

/** The options of a link. */
export interface LinkOptions {
  readonly clock: Clock;
  readonly heartbeat: Required<HeartbeatOptions>;
  /** The most bytes of a message from the client. */
  readonly maxPayload: number;
  /** How much the client may send. */
  readonly rate: RateOptions;
}

/** What one session is made of. */
export interface SessionParts {
  readonly owner: SessionOwner;
  readonly secret: SessionSecret;
  /** The client's principal, or its address: shared limits are divided by it. */
  readonly account: string;
  /** The bytes of the session before it keeps anything for its client, estimated. */
  readonly baseBytes: number;
  /** Its `ended` resolves when nothing of the conversation is left. */
  readonly exchange: Pick<Exchange, "ended">;
  /** The session as another process left it. @default it begins */
  readonly restored?: RestoredState | undefined;
}

/** What joins a conversation to its client: one wire in plain mode, one after another in a session. */
export interface ClientLink extends ObservableSession {
  /** Delivers the messages of the server. */
  readonly outbox: Outbox;
  /** Registers which messages of the client are finished; undefined when they are not acknowledged. */
  readonly receiver: PeerOptions["receiver"];
  /** The client's principal, or its address: shared limits are divided by it. */
  readonly account: string;
  /** The rooms that the client is in. */
  readonly memberships: RoomMemberships;
  /** Whether client and server acknowledge messages, and report events that fail. */
  readonly acknowledged: boolean;
  /** Whether the client is disconnected. */
  readonly detached: boolean;
  /** Whether the link has ended: nothing is sent or received any more. */
  readonly ended: boolean;
  /** Starts to receive. Resolves when the client has disconnected for good. */
  open(listener: LinkListener): Promise<Closed>;
  /** Ends sending, and closes after the sent messages. */
  close(error: CloseError): void;
  /** As `Connection.goAway`. */
  goAway(at: number, reason: GoawayReason): boolean;
  /** Ends the wire at once, without waiting for the client. */
  terminate(): void;
  /** Records what a handler has sent to rooms, with the message that caused it. @returns false when nothing is recorded here. */
  recordRoomMessages(messages: readonly RoomAppend[]): boolean;
  /** A message could not be kept for the client: those that follow would come after a gap that is not reported. */
  overflow(): void;
  /** Stops reading, or reads again; the client of a session is slowed down by its credit. */
  pause(paused: boolean): void;
}
