import { CloseCode } from "@symbolon/protocol";
import type { PendingWire } from "./pending-wire.ts";
import type { Socket } from "./server-socket.ts";

/** What becomes of a message that comes while a generator handler streams and nothing reads: the socket closes with 1003, or the message is dropped. */
export type Unread = "close" | "discard";

/** Deals with messages for a generator handler, until it asks for one itself. */
export function dealWithUnread(unread: Unread, socket: Socket, wire: PendingWire): void {
  wire.sift(() => {
    if (wire.asked) return true;
    if (unread === "close")
      socket.close(CloseCode.UnsupportedData, "this route only sends: it does not read messages");
    return false;
  });
}
