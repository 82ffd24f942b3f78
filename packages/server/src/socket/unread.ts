import { CloseCode } from "@symbolon/protocol";
import type { PendingWire } from "./pending-wire.ts";

/** What becomes of a message that comes while a generator handler streams and nothing reads: the socket closes with 1003, or the message is dropped. */
export type UnreadPolicy = "close" | "discard";

/** Deals with the messages that come to a generator handler, until it asks for one itself: from then on all are its own. */
export function filterUnread(
  unread: UnreadPolicy,
  wire: PendingWire,
  close: (code: number, reason: string) => void,
): void {
  wire.filter(() => {
    if (!wire.messageRequested && unread === "close")
      close(CloseCode.UnsupportedData, "this route only sends: it does not read messages");
    return wire.messageRequested;
  });
}
