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
import { markClientError } from "../request/client-errors.ts";

/** What `socket.expect` may be given; an object, an array or null stands for its JSON. */
export type ExpectedMessage = string | number | boolean | Uint8Array | object | null;

/**
 * Compares a message with a value, read as the value's own kind.
 * @throws ProtocolError, as a rejection, when it is another, TypeError when JSON cannot carry the value.
 */
export async function checkExpected(value: ExpectedMessage, receive: () => Promise<Message>): Promise<void> {
  const expected = canonical(value);
  const message = await receive();
  try {
    if (canonical(await codecOf(value).decode(message)) === expected) return;
  } catch {
    // Not even of the kind: it is another message all the same.
  }
  const mistake = `expected ${cut(expected)}, got ${describe(message)}`;
  throw markClientError(new ProtocolError(mistake, CloseCode.ProtocolError));
}

function codecOf(value: ExpectedMessage): Codec<never, unknown> {
  if (typeof value === "string") return text;
  if (typeof value === "boolean") return bool;
  if (value instanceof Uint8Array) return bytes;
  return Number.isSafeInteger(value) ? int : json();
}

/** JSON whose keys are in order, so that equal values are equal strings. */
function canonical(value: unknown): string {
  if (value instanceof Uint8Array) return `bytes ${Array.from(value).join(" ")}`;
  const line: string | undefined = JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
  if (line === undefined)
    throw new TypeError(`a message cannot carry a ${typeof value}: expect something else`);
  return line;
}

function describe(message: Message): string {
  return cut(typeof message === "string" ? JSON.stringify(message) : canonical(message));
}

function cut(line: string): string {
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}
