import type { Trace, TracedFrame } from "../trace/trace.ts";
import type { Machine } from "../virtual/scheduler.ts";
import type { Packet, Pipe } from "./pipe.ts";

/** One end of a wire. */
export interface WireEnd {
  /** Called with each packet that arrives at this end. */
  receive(packet: Packet): void;
}

/** A server process, as the network sees it. */
export interface NetworkServer {
  /** Called when a handshake arrives. `accept` accepts it and connects the server's end. */
  handshake(
    wire: VirtualWire,
    protocols: readonly string[],
    accept: (protocol: string, end: WireEnd) => void,
  ): void;
  /** Called when the server's end of a wire is closed, or when the client gave up its handshake. */
  wireClosed(wire: VirtualWire): void;
}

/** One simulated WebSocket: a pipe in each direction and an end on each machine. */
export interface VirtualWire {
  /** Its number; the first wire of a world is 1. */
  readonly id: number;
  /** The client that dialed; undefined for an attacker. */
  readonly client: number | undefined;
  /** To the server. */
  readonly up: Pipe;
  /** To the client. */
  readonly down: Pipe;
  /** Both ends. */
  readonly ends: Record<Machine, WireEnd>;
  /** The server process that received the handshake. */
  server: NetworkServer | undefined;
  /** Whether each end is closed: a closed end sends and receives nothing. */
  readonly closed: Record<Machine, boolean>;
}

/** Sends a message from one end and traces the frame in it. */
export function sendMessage(wire: VirtualWire, by: Machine, message: string, trace: Trace): void {
  if (wire.closed[by]) return;
  const frame = parseFrame(message);
  trace.add({ type: "frameSent", wire: wire.id, by, frame });
  const pipe = by === "client" ? wire.up : wire.down;
  pipe.send({ type: "message", message, frame });
}

/**
 * Closes one end and traces that.
 * @returns false if the end was closed before.
 */
export function closeEnd(wire: VirtualWire, by: Machine, code: number, trace: Trace): boolean {
  if (wire.closed[by]) return false;
  wire.closed[by] = true;
  trace.add({ type: "closed", wire: wire.id, by, code });
  return true;
}

function parseFrame(message: string): TracedFrame {
  try {
    return JSON.parse(message) as TracedFrame;
  } catch {
    return { t: "?", text: message };
  }
}
