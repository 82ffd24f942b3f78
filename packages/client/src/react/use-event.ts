import type { AnyContract, EventName, HandlerInput, ServerMessages } from "@symbolon/protocol";
import type { Client } from "../client.ts";
import { useListener } from "./use-listener.ts";

/** The data of an event of the server, as its schema gives it. */
export type EventData<C extends AnyContract, Name extends EventName<ServerMessages<C>>> = HandlerInput<
  ServerMessages<C>[Name]
>;

/**
 * Calls `listener` for each event of the contract with this name, in order, while the component is mounted. It is always
 * the listener of the newest rendering, so it needs no `useCallback`, and no event is lost when it changes.
 * @example
 * useEvent(client, "message", (message) => setMessages((before) => [...before, message]));
 */
export function useEvent<C extends AnyContract, Name extends EventName<ServerMessages<C>>>(
  client: Client<C>,
  name: Name,
  listener: (data: EventData<C, Name>) => unknown,
): void {
  useListener((newest) => client.on(name, newest), listener, [client, name]);
}
