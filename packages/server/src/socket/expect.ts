import {
  bool,
  bytes,
  CloseCode,
  type Codec,
  int,
  json,
  type Message,
  ProtocolError,
  text,
} from "@symbolon/protocol";
import { markClientError } from "../request/errors.ts";

/** A value for `socket.expect`; an object, an array and null stand for their JSON. */
export type ExpectedMessage = string | number | boolean | Uint8Array | object | null;

/**
 * Compares the next message with a value, read by the codec of the value's type.
 * @throws as a rejection: ProtocolError for another message, TypeError for a value that JSON cannot carry.
 */
export async function checkExpected(value: ExpectedMessage, receive: () => Promise<Message>): Promise<void> {
  const expected = canonical(value);
  const message = await receive();
  try {
    if (canonical(await codecOf(value).decode(message)) === expected) return;
  } catch {
    // The codec cannot read it: it is another message too.
  }
  const difference = `expected ${cut(expected)}, got ${describe(message)}`;
  throw markClientError(new ProtocolError(difference, CloseCode.ProtocolError));
}

function codecOf(value: ExpectedMessage): Codec<never, unknown> {
  if (typeof value === "string") return text;
  if (typeof value === "boolean") return bool;
  if (value instanceof Uint8Array) return bytes;
  return Number.isSafeInteger(value) ? int : json();
}

/** JSON with sorted keys, so that equal values give equal strings. */
function canonical(value: unknown): string {
  if (value instanceof Uint8Array) return `bytes ${Array.from(value).join(" ")}`;
  const line: string | undefined = JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
  if (line === undefined)
    throw new TypeError(`a message cannot carry a ${typeof value}: expect another value`);
  return line;
}

function describe(message: Message): string {
  return cut(typeof message === "string" ? JSON.stringify(message) : canonical(message));
}

function cut(line: string): string {
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}
