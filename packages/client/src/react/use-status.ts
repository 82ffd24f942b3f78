import type { AnyContract } from "@symbolon/protocol";
import { useSyncExternalStore } from "react";
import type { Client } from "../client.ts";
import type { ConnectionStatus } from "../connection/status.ts";

const serverSnapshot: ConnectionStatus = { state: "connecting", attempt: 0, resumed: false };

/**
 * The status of a client's connection. The component renders again with every change. Rendered on a server, the status
 * is `connecting`.
 * @example
 * const { state, retryAt } = useStatus(client);
 */
export function useStatus(client: Pick<Client<AnyContract>, "status">): ConnectionStatus {
  return useSyncExternalStore(
    client.status.subscribe,
    () => client.status.value,
    () => serverSnapshot,
  );
}
