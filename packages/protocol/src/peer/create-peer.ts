import type { RpcPeer } from "./rpc-peer.ts";
import type { Messages } from "../contract/contract.ts";
import { EventPeer, type PeerOptions } from "./peer.ts";

/**
 * Makes a peer with what its contract needs: the code of calls comes with `request` and `stream`. Where there are only
 * events the types let nobody ask.
 */
export function createPeer<Says extends Messages>(options: PeerOptions): RpcPeer<Says> {
  const kind = Object.values({ ...options.sends, ...options.receives }).find(
    (message) => "createPeer" in message,
  );
  return (kind === undefined ? new EventPeer(options) : kind.createPeer(options as never)) as RpcPeer<Says>;
}
