import { CloseCode, type Sent } from "@symbolon/protocol";
import { type BroadcastOptions, type Room, type RoomMember, Rooms, settledSend } from "../rooms/room.ts";
import { forceClose, type Socket } from "./socket.ts";
import { socketState } from "./socket-state.ts";

/** A room of an app's raw routes. */
export type SocketRoom = Room<
  Socket<unknown, never>,
  (value: unknown, options?: BroadcastOptions<Socket<unknown, never>>) => Sent
>;

/** A raw socket in a room. */
interface SocketMember extends RoomMember {
  /** Sends a value to the member; a volatile one only if the socket takes it now. Never throws. */
  deliver(value: unknown, volatile: boolean): void;
}

/** Makes the rooms of an app's raw routes. Only the sockets of these routes can join. */
export function socketRooms(): (name: string) => SocketRoom {
  // A socket with any codecs may join; one whose codec cannot write a value is closed when the value is sent.
  const rooms = new Rooms<Socket<unknown, never>, SocketMember>((socket) => memberOf(socket as Socket));
  return (name) =>
    rooms.room<SocketRoom["send"]>(name, (value, { except, volatile = false } = {}) => {
      for (const [socket, member] of rooms.membersOf(name))
        if (socket !== except) member.deliver(value, volatile);
      return settledSend();
    });
}

function memberOf(socket: Socket): SocketMember {
  const { exchange, wire } = socketState(socket);
  if (exchange === undefined) throw new TypeError("only the socket of a route can join a room");
  const onError = (error: unknown): void => void exchange.report(error, "open");
  return {
    deliver: (value, volatile) => {
      if (volatile && wire?.drained() !== undefined) return;
      try {
        socket.send(value);
      } catch (error) {
        onError(error);
        // At once, whatever the app answers: a member that missed a message must not get the next one.
        forceClose(socket, { code: CloseCode.InternalError, reason: "" });
      }
    },
    closed: socket.closed,
    onError,
  };
}
