import type { AnyContract } from "@symbolon/protocol";
import type { EventFailure, Gap } from "@symbolon/protocol/internal";
import type { Client, Reset } from "../client.ts";
import { useListener } from "./use-listener.ts";

/** The events of a client itself, by name. They are not messages of the contract, which may use the same names. */
export interface ClientEvents {
  /** An event that the client sent has failed, and no code awaited it: `client.onFailed`. */
  readonly failed: EventFailure;
  /** The server has lost the session, and a new one begins: `client.onReset`. */
  readonly reset: Reset;
  /** Messages of a room are lost: `client.onGap`. */
  readonly gap: Gap;
}

type Subscriptions = {
  readonly [Name in keyof ClientEvents]: (listener: (data: ClientEvents[Name]) => unknown) => () => void;
};

/**
 * Calls `listener` for each event of the client itself with this name, while the component is mounted. It is always the
 * listener of the newest rendering.
 * @example
 * useClientEvent(client, "failed", ({ name, error }) => setNotice(`${name}: ${error.message}`));
 */
export function useClientEvent<Name extends keyof ClientEvents>(
  client: Pick<Client<AnyContract>, "onFailed" | "onReset" | "onGap">,
  name: Name,
  listener: (data: ClientEvents[Name]) => unknown,
): void {
  const subscriptions: Subscriptions = {
    failed: client.onFailed,
    reset: client.onReset,
    gap: client.onGap,
  };
  useListener<ClientEvents[Name]>(subscriptions[name], listener, [client, name]);
}
