import type { Redialer } from "./redialer.ts";
import type { SocketWire } from "./socket-wire.ts";
import type { ConnectionStatus } from "./status.ts";

/** The redialer makes a wire. */
type Connecting = { readonly type: "connecting"; readonly redialer: Redialer };

/** A wire is open; the conversation on it is not established yet. */
type Establishing = {
  readonly type: "establishing";
  readonly redialer: Redialer;
  readonly wire: SocketWire;
};

/** The redialer pauses before its next try. */
export type Waiting = {
  readonly type: "waiting";
  readonly redialer: Redialer;
  /** The server accepts no try before, in ms since the epoch. */
  readonly notBefore: number;
  /** When the next try starts, in ms since the epoch; Infinity while the device is offline. */
  readonly retryAt: number;
  /** Whether to try even if the device reports that it is offline: it may be wrong, and the user is back. */
  readonly evenOffline: boolean;
};

/** The conversation is established. */
type Open = {
  readonly type: "open";
  readonly redialer: Redialer;
  readonly wire: SocketWire;
  /** When it was established, in ms since the epoch. */
  readonly since: number;
  /** Whether the session was resumed. */
  readonly resumed: boolean;
};

/** The conversation is established on the wire of `from`; `to` makes the wire that is to replace that one. */
export type Moving = {
  readonly type: "moving";
  readonly from: Open;
  readonly to: Connecting | Establishing | Waiting;
};

/** The user has left the page, and may come back to it. */
export type Suspended = { readonly type: "suspended" };

/** The connection has ended for good. */
export type Ended = { readonly type: "closed" };

/**
 * The state of a connection. Each state has the redialers and the wires that exist in it, and no other.
 *
 * ```
 * idle ──▶ connecting ──▶ establishing ──▶ open ◀──▶ moving { from: open, to: connecting | establishing | waiting }
 *            ▲   │             │            │            │
 *            │   ▼             ▼            ▼            │
 *            └─ waiting ◀──────┴────────────┴────────────┘
 *
 * any but idle and closed ──▶ suspended ──▶ connecting          any ──▶ closed
 * ```
 */
export type ConnectionState =
  /** `dial` was not called yet. */
  { readonly type: "idle" } | Connecting | Establishing | Waiting | Open | Moving | Suspended | Ended;

/** The part of the public status that follows from a state. */
export function statusOf(
  state: Exclude<ConnectionState, Moving>,
): Pick<ConnectionStatus, "state"> & Partial<ConnectionStatus> {
  if (state.type === "open") return { state: "open", attempt: 0, resumed: state.resumed };
  if (state.type === "closed") return { state: "closed" };
  if (state.type === "suspended") return { state: "waiting" };
  if (state.type !== "waiting") return { state: "connecting" };
  return { state: "waiting", ...(state.retryAt < Infinity ? { retryAt: state.retryAt } : { offline: true }) };
}
