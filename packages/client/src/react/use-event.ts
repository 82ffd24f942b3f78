import type { AnyContract, EventName, HandlerInput, ServerMessages } from "@symbolon/protocol";
import type { EventFailure } from "@symbolon/protocol/internal";
import { useEffect, useInsertionEffect, useRef } from "react";
import type { Client } from "../client.ts";

/** What is told with an event of the server, or with `failed`. */
export type EventData<C extends AnyContract, Name> =
  Name extends EventName<ServerMessages<C>> ? HandlerInput<ServerMessages<C>[Name]> : EventFailure;

/**
 * Calls `listener` for each such event, in order, while the component is mounted. Always the listener of the newest
 * rendering, so it needs no `useCallback`, and a new one loses nothing in between.
 */
export function useEvent<C extends AnyContract, Name extends EventName<ServerMessages<C>> | "failed">(
  client: Client<C>,
  name: Name,
  listener: (data: EventData<C, Name>) => unknown,
): void {
  const newest = useRef(listener);
  useInsertionEffect(() => {
    newest.current = listener;
  });
  useEffect(() => {
    // Both forms of `on` take this name with this listener, which a generic name cannot tell.
    const on = client.on as (name: Name, listener: (data: EventData<C, Name>) => unknown) => () => void;
    return on(name, (data) => newest.current(data));
  }, [client, name]);
}
