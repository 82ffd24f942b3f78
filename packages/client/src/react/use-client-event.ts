import { useRef } from "react";
import type { AnyContract } from "@symbolon/protocol";
import type { EventFailure, Gap } from "@symbolon/protocol/internal";
import type { Client, Reset } from "../client.ts";
import { startTimer } from "../connection/timer.ts";
import { isLeft } from "./shared-client.ts";
import { useListener } from "./use-listener.ts";

/** The events of a client itself, by name. They are not messages of the contract, which may use the same names. */
export interface ClientEvents {
  /**
   * An event that the client sent has failed, and no code awaited it: `client.onFailed`. A client that no component uses any
   * more first sends what it keeps; what fails then is reported too, although the component is unmounted.
   */
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
 * Calls `listener` for each event of the client itself with this name, while the component is mounted, and for each failure
 * until its client has ended. It is always the listener of the newest rendering.
 * @example
 * useClientEvent(client, "failed", ({ name, error }) => setNotice(`${name}: ${error.message}`));
 */
export function useClientEvent<Name extends keyof ClientEvents>(
  client: Pick<Client<AnyContract>, "onFailed" | "onReset" | "onGap" | "closed">,
  name: Name,
  listener: (data: ClientEvents[Name]) => unknown,
): void {
  const reported = useRef<EventFailure>(undefined);
  const subscriptions: Subscriptions = {
    failed: (failed) =>
      listenForFailures(client, (failure) => {
        // It may still listen for a mount before: React mounts twice in StrictMode.
        if (failure !== reported.current) failed((reported.current = failure));
      }),
    reset: client.onReset,
    gap: client.onGap,
  };
  useListener<ClientEvents[Name]>(subscriptions[name], listener, [client, name]);
}

/** Listens until the returned function is called, and then to a client that ends with its components until it has ended. */
function listenForFailures(
  client: Pick<Client<AnyContract>, "onFailed" | "closed">,
  listener: (failure: EventFailure) => unknown,
): () => void {
  let mounted = true;
  const unsubscribe = client.onFailed((failure) => {
    if (mounted || isLeft(client)) listener(failure);
  });
  return () => {
    mounted = false;
    // Other components of the same rendering may retain the client.
    startTimer(0, () => {
      if (isLeft(client)) void client.closed.then(unsubscribe);
      else unsubscribe();
    });
  };
}
