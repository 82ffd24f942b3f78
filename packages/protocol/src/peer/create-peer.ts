import type { CallingPeer } from "./rpc-peer.ts";
import type { Messages } from "../contract/contract.ts";
import { Peer, type PeerOptions } from "./peer.ts";

/**
 * Makes a peer with what its contract needs: the code of calls comes with `request` and `stream`. Where there are only
 * events the types let nobody ask.
 */
export function createPeer<Says extends Messages>(options: PeerOptions): CallingPeer<Says> {
  const kind = Object.values({ ...options.says, ...options.hears }).find((message) => "peer" in message);
  return (kind === undefined ? new Peer(options) : kind.peer(options as never)) as CallingPeer<Says>;
}
