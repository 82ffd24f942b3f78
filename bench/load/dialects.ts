/** How the load generator reaches each server. */
import { createNote, createText } from "../payloads.ts";
import { opcodes } from "./client-frames.ts";
import type { Dialect } from "./dialect.ts";
import { FixedEcho } from "./fixed-echo.ts";
import { type Pair, Ring } from "./ring.ts";
import { Session } from "./session.ts";
import { SessionEcho, type SessionPair, SessionRing } from "./session-echo.ts";

/** How many messages differ; at most so many are in flight on one connection. */
const variants = 32;

const numbers = Array.from({ length: variants }, (_, n) => n + 1);
/** The JSON messages, and their texts. */
const notes = numbers.map((n) => JSON.stringify(createNote(n)));

/** The server sends the bytes of each message back. */
export function echoBytes(path: string, bytes: number): Dialect {
  return fixed(
    { path },
    numbers.map((n) => same(createText(n, bytes))),
  );
}

/** The server reads each message as JSON, and sends its value back. */
export function echoJson(path: string): Dialect {
  return fixed({ path }, notes.map(same));
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
  const ring = new SessionRing(framesOf(kind));
  const sessions = new WeakMap<object, Session>();
  return {
    target: { path: "/contract", protocol: "symbolon.v1.json" },
    async open(connection) {
      const session = new Session();
      await session.open(connection);
      sessions.set(connection, session);
    },
    echo(connection, tally) {
      const session = sessions.get(connection);
      if (!session) throw new Error("the session is not open");
      return new SessionEcho(session, ring, tally, () => connection.reset());
    },
  };
}

/** A server whose answers have known bytes. */
export function fixed(
  target: Dialect["target"],
  pairs: readonly Pair[],
  open?: Dialect["open"],
  opcode: 1 | 2 = opcodes.text,
): Dialect {
  const ring = new Ring(pairs, opcode);
  return {
    target,
    ...(open && { open }),
    echo: (connection, tally) => new FixedEcho(connection, ring, tally),
  };
}

/** A message that comes back as it was sent. */
function same(text: string): Pair {
  return { request: text, response: text };
}

function framesOf(kind: "event" | "request"): SessionPair[] {
  return notes.map((data, index) =>
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
