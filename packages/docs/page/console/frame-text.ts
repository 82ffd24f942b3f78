import { cutDetail, type LogEntry } from "./frame-log.ts";
import type { WireFrame } from "./session-figures.ts";

/** The frames that a session and its calls have besides the messages of the contract. */
const controlFrames = new Set([
  "ack",
  "ping",
  "pong",
  "credit",
  "hello",
  "welcome",
  "auth",
  "reauth",
  "skip",
]);
/** The fields that are secret: they prove who a client is, and are shown nowhere. */
const secretFields = new Set(["key", "auth", "rt", "token", "proof"]);
/** The frames that may have such fields; the others carry data of the app. */
const framesWithSecrets = new Set(["hello", "welcome", "auth", "room"]);

/** A message of the wire as a frame, or undefined when it is not JSON. */
export function readFrame(message: unknown): WireFrame | undefined {
  if (typeof message !== "string") return undefined;
  try {
    const frame: unknown = JSON.parse(message);
    return typeof frame === "object" && frame !== null ? (frame as WireFrame) : undefined;
  } catch {
    return undefined;
  }
}

/** A frame as an entry of the log; without its secrets. */
export function frameEntry(
  kind: "sent" | "received",
  frame: WireFrame,
  size: number,
): Pick<LogEntry, "kind" | "text" | "detail" | "size" | "isControl"> {
  const type = String(frame.t);
  const names = ["name", "room"].flatMap((field) =>
    frame[field] === undefined ? [] : [textOf(frame[field])],
  );
  const numbers = ["s", "a", "q", "re", "code", "state"].flatMap((field) =>
    frame[field] === undefined ? [] : [`${field}=${textOf(frame[field])}`],
  );
  const shown = framesWithSecrets.has(type) ? withoutSecrets(frame) : frame;
  return {
    kind,
    text: [type, ...names, ...numbers].join(" "),
    detail: cutDetail(JSON.stringify(shown, undefined, 2)),
    size,
    isControl: controlFrames.has(type),
  };
}

function withoutSecrets(frame: WireFrame): WireFrame {
  const hide = (name: string, value: unknown): unknown => {
    if (secretFields.has(name)) return "…";
    // Each place in a room is an array; the room's name is its first part, and a proof is its last one.
    return name === "rooms" && Array.isArray(value)
      ? value.map((place: readonly unknown[]) => place[0])
      : value;
  };
  return JSON.parse(JSON.stringify(frame, hide)) as WireFrame;
}

/** A message of a raw route as an entry of the log. */
export function messageEntry(
  kind: "sent" | "received",
  message: unknown,
): Pick<LogEntry, "kind" | "text" | "detail" | "size"> {
  if (typeof message === "string") {
    const line = message.replaceAll(/\s+/g, " ").slice(0, 120);
    return {
      kind,
      text: line === "" ? "an empty text" : line,
      detail: cutDetail(message),
      size: sizeOf(message),
    };
  }
  const bytes = message instanceof ArrayBuffer ? new Uint8Array(message) : (message as Uint8Array);
  const hex = Array.from(bytes.subarray(0, 256), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return { kind, text: `${bytes.length} bytes`, detail: hex, size: bytes.length };
}

/** The bytes of a message. */
export function sizeOf(message: unknown): number {
  if (typeof message === "string") return new TextEncoder().encode(message).length;
  return message instanceof ArrayBuffer || message instanceof Uint8Array ? message.byteLength : 0;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
