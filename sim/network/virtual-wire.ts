import type { Half } from "../virtual/scheduler.ts";
import type { Parcel, Lane } from "./pipe.ts";
import type { SeenFrame, Trace } from "../trace/trace.ts";

/** Who takes what arrives at one end of a line. */
export interface End {
  take(parcel: Parcel): void;
}

/** One connection, as both machines and the network see it. */
export interface Line {
  readonly id: number;
  /** Whose it is; undefined for an attacker's. */
  readonly client: number | undefined;
  /** To the server. */
  readonly up: Lane;
  /** To the client. */
  readonly down: Lane;
  readonly ends: Record<Half, End>;
  /** The process that the handshake reached; it is told when the line is over for it. */
  reached: { left(line: Line): void } | undefined;
  /** Whether an end takes nothing any more. */
  readonly over: Record<Half, boolean>;
}

/** The lane on which a machine sends. */
function lane(line: Line, from: Half): Lane {
  return from === "client" ? line.up : line.down;
}

/** Sends a message from one end; the trace sees what it says. */
export function say(line: Line, from: Half, message: string, trace: Trace): void {
  if (line.over[from]) return;
  const frame = seen(message);
  trace.add({ is: "put", line: line.id, by: from, frame });
  lane(line, from).put({ is: "message", message, frame });
}

/** An end takes nothing any more, with the code it was told. False when that was so already. */
export function hangUp(line: Line, by: Half, code: number, trace: Trace): boolean {
  if (line.over[by]) return false;
  line.over[by] = true;
  trace.add({ is: "hangup", line: line.id, by, code });
  return true;
}

/** A message as the trace has it. */
function seen(message: string): SeenFrame {
  try {
    return JSON.parse(message) as SeenFrame;
  } catch {
    return { t: "?", text: message };
  }
}
