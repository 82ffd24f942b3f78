import { CloseCode } from "@symbolon/protocol";
import type { Attempt } from "./attempt.ts";
import type { Member } from "./room.ts";
import type { Socket } from "./server-socket.ts";
import { shut } from "./shut.ts";

const attempts = new WeakMap<object, Attempt>();

/** Notes which attempt a socket belongs to: whoever makes a socket does it before anyone can join with it. */
export function enroll(socket: Socket, attempt: Attempt): void {
  attempts.set(socket, attempt);
}

/** A raw socket as a room reaches it. Throws TypeError for one that no route serves. */
export function memberOf(socket: Socket): Member<unknown> {
  const attempt = attempts.get(socket);
  if (attempt === undefined) throw new TypeError("only the socket of a route can join a room");
  const failed = (error: unknown): void => void attempt.report(error, "open");
  return {
    deliver: (value) => {
      try {
        socket.send(value);
      } catch (error) {
        failed(error);
        // At once, whatever the app answers: a member that missed a message is no member any more.
        shut(attempt, socket, CloseCode.InternalError, "");
      }
    },
    gone: socket.closed,
    failed,
  };
}
