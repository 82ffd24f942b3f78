import { useSyncExternalStore } from "react";
import type { RoomPresence } from "../rooms/presence.ts";

/** Who is in a room, as `usePresence` gives it: `set` is that of `client.presence(room)`. */
export interface PresenceState<Shown, Data> extends Pick<RoomPresence<Shown, Data>, "set"> {
  /** The members, as `client.presence(room).value` has them. */
  readonly members: RoomPresence<Shown, Data>["value"];
}

const serverSnapshot: readonly never[] = [];

/**
 * Who is in a room. The component renders again whenever the members have changed; `set` is always the same function. Rendered
 * on a server, a room has no members.
 * @example
 * const { members, set } = usePresence(client, "lobby");
 */
export function usePresence<Shown, Data>(
  client: { readonly presence: (room: string) => RoomPresence<Shown, Data> },
  room: string,
): PresenceState<Shown, Data> {
  const presence = client.presence(room);
  const members = useSyncExternalStore(
    presence.subscribe,
    () => presence.value,
    () => serverSnapshot,
  );
  return { members, set: presence.set };
}
