import type { AnyContract, EventName, HandlerInput, ServerMessages } from "@symbolon/protocol";
import type { EventFailure } from "@symbolon/protocol/internal";
import { useEffect, useInsertionEffect, useRef } from "react";
import type { Client } from "../client.ts";

/** The data of an event of the server, or of `failed`. */
export type EventData<C extends AnyContract, Name> =
  Name extends EventName<ServerMessages<C>> ? HandlerInput<ServerMessages<C>[Name]> : EventFailure;

/**
 * Calls `listener` for each event of this name, in order, while the component is mounted. It is always the listener of
 * the newest rendering, so it needs no `useCallback`, and no event is lost when it changes.
 * @example
 * useEvent(client, "message", (message) => setMessages((before) => [...before, message]));
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
    // Each overload of `on` accepts its names with this listener, which TypeScript cannot see for a generic name.
    const on = client.on as (name: Name, listener: (data: EventData<C, Name>) => unknown) => () => void;
    return on(name, (data) => newest.current(data));
  }, [client, name]);
}
