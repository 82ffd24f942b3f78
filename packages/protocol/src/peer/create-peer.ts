import type { Messages } from "../contract/contract.ts";
import { EventPeer, type PeerOptions } from "./peer.ts";
import type { RpcPeer } from "./rpc-peer.ts";

/**
 * Makes the peer that a contract needs: the code of calls comes with `request` and `stream`. Where a contract has events
 * alone, the types allow no calls.
 */
export function createPeer<Sends extends Messages>(options: PeerOptions): RpcPeer<Sends> {
  const kind = Object.values({ ...options.sends, ...options.receives }).find(
    (message) => "createPeer" in message,
  );
  return (kind ? kind.createPeer(options as never) : new EventPeer(options)) as RpcPeer<Sends>;
}
