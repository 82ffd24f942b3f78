import { CloseCode } from "@symbolon/protocol";
import type { Exchange } from "../request/exchange.ts";
import { Socket } from "./socket.ts";

/** Closes a socket in any case, though the code may not be sent, or the class of the socket has a `close` that fails. */
export function forceClose(attempt: Exchange, socket: Socket, code: number, reason: string): void {
  try {
    socket.close(code, reason);
  } catch (error) {
    void attempt.report(error, "open");
    Socket.prototype.close.call(socket, CloseCode.InternalError);
  }
}
