import type { Redialer } from "./redialer.ts";
import type { SocketWire } from "./socket-wire.ts";
import type { ConnectionStatus } from "./status.ts";

/** A state without a redialer. */
type Nothing = { readonly redialer?: undefined; readonly wire?: undefined };

/** The redialer makes a wire, or has made one that is open: the conversation on it is not established yet. */
export type Connecting = {
  readonly type: "connecting";
  readonly redialer: Redialer;
  /** Set when the wire is open. */
  readonly wire?: SocketWire;
};

/** The redialer pauses before its next try. */
export type Waiting = {
  readonly type: "waiting";
  readonly redialer: Redialer;
  readonly wire?: undefined;
  /** The server accepts no try before, in ms since the epoch. */
  readonly notBefore: number;
  /** When the next try starts, in ms since the epoch; Infinity while the device is offline. */
  readonly retryAt: number;
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
  readonly to: Connecting | Waiting;
};

/** The user has left the page, and may come back to it. */
export type Suspended = { readonly type: "suspended" } & Nothing;

/** The connection has ended for good. */
export type Ended = { readonly type: "closed" } & Nothing;

/**
 * The state of a connection. Each state has the redialers and the wires that exist in it, and no other.
 *
 * ```
 * idle ──▶ connecting ──▶ connecting, with a wire ──▶ open ◀──▶ moving { from: open, to: connecting | waiting }
 *            ▲   │             │                        │            │
 *            │   ▼             ▼                        ▼            │
 *            └─ waiting ◀──────┴────────────────────────┴────────────┘
 *
 * any but idle and closed ──▶ suspended ──▶ connecting          any ──▶ closed
 * ```
 */
export type ConnectionState =
  /** `dial` was not called yet. */
  ({ readonly type: "idle" } & Nothing) | Connecting | Waiting | Open | Moving | Suspended | Ended;

/** The part of the public status that follows from a state. */
export function statusOf(
  state: Exclude<ConnectionState, Moving>,
): Pick<ConnectionStatus, "state" | "resumed"> & Partial<ConnectionStatus> {
  const { type } = state;
  return {
    state: type === "suspended" ? "waiting" : (type as ConnectionStatus["state"]), // `idle` has no status of its own
    resumed: type === "open" && state.resumed,
    ...(type === "waiting" && (state.retryAt < Infinity ? { retryAt: state.retryAt } : { offline: true })),
  };
}
