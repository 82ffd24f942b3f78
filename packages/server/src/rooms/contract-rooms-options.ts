import type { FrameCodec } from "@symbolon/protocol";
import type { RoomMemberships } from "./memberships.ts";
import type { Store } from "../store/store.ts";
import type { Clock } from "../timing/clock.ts";

/** A client of the contract, as its rooms need it. */
export interface RoomClient {
  /** The rooms that it is in. */
  readonly memberships: RoomMemberships;
  /** Its principal, or its address: what rooms keep is divided by it. */
  readonly account: string;
  /** Called with what fails while the client is in a room. */
  onError(error: unknown): void;
}

/** What the rooms of a contract need. */
export interface ContractRoomsOptions {
  /** The time of messages, and of sweeps. */
  readonly clock: Clock;
  /** The codecs of members besides JSON; messages are written in the first. @default [] */
  readonly codecs?: readonly FrameCodec[] | undefined;
  /**
   * Has the logs of the rooms.
   * @default `memory`
   */
  readonly store?: Pick<Store, "proofKey" | "rooms"> | undefined;
  /**
   * The store of apps without a store; another one after a crash.
   * @default a store in memory without a bound
   */
  readonly memory?: { readonly store: Pick<Store, "proofKey" | "rooms"> };
  /** Called when a room message may be lost, and its `send` is not awaited. */
  readonly onStoreError: (error: unknown) => void;
}
