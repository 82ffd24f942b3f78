import type { Redialer } from "./redialer.ts";
import type { SocketWire } from "./socket-wire.ts";
import type { ConnectionStatus } from "./status.ts";

/** A state without a redialer. */
type Nothing = { readonly redialer?: undefined; readonly wire?: undefined };

/** The redialer makes a wire. */
export type Connecting = {
  readonly type: "connecting";
  readonly redialer: Redialer;
  readonly wire?: undefined;
};

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
  readonly to: Connecting | Establishing | Waiting;
};

/** The user has left the page, and may come back to it. */
export type Suspended = { readonly type: "suspended" } & Nothing;

/** The connection has ended for good. */
export type Ended = { readonly type: "closed" } & Nothing;

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
  | ({ readonly type: "idle" } & Nothing)
  | Connecting
  | Establishing
  | Waiting
  | Open
  | Moving
  | Suspended
  | Ended;

/** The states that the public status has under another name. */
const publicNames: Partial<Record<ConnectionState["type"], ConnectionStatus["state"]>> = {
  establishing: "connecting",
  suspended: "waiting",
};

/** The part of the public status that follows from a state. */
export function statusOf(
  state: Exclude<ConnectionState, Moving>,
): Pick<ConnectionStatus, "state" | "resumed"> & Partial<ConnectionStatus> {
  const { type } = state;
  return {
    state: publicNames[type] ?? (type as ConnectionStatus["state"]), // `idle` has no status of its own
    resumed: type === "open" && state.resumed,
    ...(type === "waiting" && (state.retryAt < Infinity ? { retryAt: state.retryAt } : { offline: true })),
  };
}
