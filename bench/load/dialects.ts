/** How the load generator reaches our server, and servers without a protocol of their own. */
import type { Connection } from "./connection.ts";
import type { Dialect } from "./dialect.ts";
import { fixed } from "./fixed-echo.ts";
import { noteTexts, texts } from "./messages.ts";
import type { Pair } from "./ring.ts";
import { RoomMember, RoomPosts } from "./room-member.ts";
import { isConnectionFrame, Session } from "./session.ts";
import { MessageEcho, type MessagePair, MessageRing } from "./message-echo.ts";

/** The server sends the bytes of each message back. */
export function echoBytes(path: string, bytes: number): Dialect {
  return fixed({ path }, texts(bytes).map(same));
}

/** The server reads each message as JSON, and sends its value back. */
export function echoJson(path: string): Dialect {
  return fixed({ path }, noteTexts.map(same));
}

/** Events of our contract, or requests, in plain mode. */
export function plainContract(kind: "event" | "request"): Dialect {
  return fixed(
    { path: "/contract" },
    framesOf(kind).map(({ request, response }) => ({
      request: `{${request}`,
      response: `{${kind === "event" ? response.replace(/,"q":\d+/, "") : response}`,
    })),
  );
}

/** Events of our contract, or requests, in session mode. */
export function sessionContract(kind: "event" | "request"): Dialect {
  const ring = new MessageRing(framesOf(kind), isConnectionFrame);
  const sessions = new WeakMap<object, Session>();
  return {
    ...inSession("/contract", sessions),
    echo: (connection, tally, sentAt) =>
      new MessageEcho(sessionOf(sessions, connection), ring, tally, sentAt),
  };
}

/** Events to a room of our contract, in plain mode. */
export function plainRoom(): Dialect {
  const pairs = noteTexts.map((data) => ({
    request: `{"t":"event","name":"post","data":${data}}`,
    response: `{"t":"event","name":"echo","data":${data}}`,
  }));
  return fixed({ path: "/members" }, pairs);
}

/** Events to a room of our contract, in session mode: its members resume where they left. */
export function sessionRoom(): Dialect {
  const posts = new RoomPosts();
  const sessions = new WeakMap<object, Session>();
  return {
    ...inSession("/members", sessions),
    echo: (connection, tally, sentAt) =>
      new RoomMember(sessionOf(sessions, connection), posts, tally, sentAt),
  };
}

/** A message that comes back as it was sent. */
function same(text: string): Pair {
  return { request: text, response: text };
}

function framesOf(kind: "event" | "request"): MessagePair[] {
  return noteTexts.map((data, index) =>
    kind === "event"
      ? {
          request: `"t":"event","name":"echo","data":${data},"q":${index + 1}}`,
          response: `"t":"event","name":"echo","data":${data}}`,
        }
      : {
          request: `"t":"request","q":${index + 1},"name":"ask","data":${data}}`,
          response: `"t":"reply","data":${data},"re":${index + 1}}`,
        },
  );
}

/** Opens sessions, and keeps each by its connection. */
function inSession(path: string, sessions: WeakMap<object, Session>): Pick<Dialect, "target" | "open"> {
  return {
    target: { path, protocol: "symbolon.v1.json" },
    async open(connection) {
      const session = new Session();
      await session.open(connection);
      sessions.set(connection, session);
    },
  };
}

function sessionOf(sessions: WeakMap<object, Session>, connection: Connection): Session {
  const session = sessions.get(connection);
  if (!session) throw new Error("the session is not open");
  return session;
}
