import type { AnyContract } from "@symbolon/protocol";
import { useSyncExternalStore } from "react";
import type { Client } from "../client.ts";
import type { ConnectionStatus } from "../connection/status.ts";

const rendered: ConnectionStatus = { state: "connecting", attempt: 0, resumed: false };

/** Where a client's connection stands; renders anew with every change. On a server it is `connecting`. */
export function useStatus(client: Pick<Client<AnyContract>, "status">): ConnectionStatus {
  const { subscribe: watch } = client.status;
  return useSyncExternalStore(
    watch,
    () => client.status.value,
    () => rendered,
  );
}
