import { CloseCode, Sent } from "@symbolon/protocol";
import type { Exchange } from "../request/exchange.ts";
import { type BroadcastOptions, type RoomMember, type Room, Rooms } from "../rooms/room.ts";
import type { Socket } from "./socket.ts";
import { forceClose } from "./shut.ts";

/** A room of an app's raw routes. */
export type SocketRoom = Room<
  Socket<unknown, never>,
  (value: unknown, options?: BroadcastOptions<Socket<unknown, never>>) => Sent
>;

/** A raw socket in a room. */
interface SocketMember extends RoomMember {
  /** Hands a message to the member; never throws. */
  deliver(value: unknown): void;
}

const attempts = new WeakMap<object, Exchange>();

/** Notes which attempt a socket belongs to: whoever makes a socket does it before anyone can join with it. */
export function setExchange(socket: Socket, attempt: Exchange): void {
  attempts.set(socket, attempt);
}

/** Finds the rooms of an app's raw routes. To join, a socket must be one that a route serves. */
export function socketRooms(): (name: string) => SocketRoom {
  // A socket of any codecs may join; one that cannot write what is said is closed when it is said.
  const rooms = new Rooms<Socket<unknown, never>, SocketMember>((socket) => memberOf(socket as Socket));
  return (name) =>
    rooms.room<SocketRoom["send"]>(name, (value, { except } = {}) => {
      for (const [socket, member] of rooms.membersOf(name)) if (socket !== except) member.deliver(value);
      const sent = new Sent();
      sent.resolve();
      return sent;
    });
}

function memberOf(socket: Socket): SocketMember {
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
        forceClose(attempt, socket, CloseCode.InternalError, "");
      }
    },
    closed: socket.closed,
    onError: failed,
  };
}
