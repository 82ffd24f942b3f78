import { createHash } from "node:crypto";
import type { Machine } from "../virtual/scheduler.ts";
import type { TracedFrame, TraceEntry } from "./trace.ts";

/** A frame of a session that one machine sent or received. */
export interface SessionFrame {
  /** Whether the machine sent or received the frame. */
  readonly type: "frameSent" | "frameReceived";
  /** The machine. */
  readonly by: Machine;
  /** The frame. */
  readonly frame: TracedFrame;
  /** The index of the entry in the trace. */
  readonly index: number;
  /** Names the session and the machine's end of it. */
  readonly end: string;
  /** Names the session and the other machine's end of it. */
  readonly remoteEnd: string;
}

/** A frame that acknowledges messages which no earlier frame acknowledged. */
export interface Acknowledgement {
  /** The machine that acknowledges. */
  readonly by: Machine;
  /** The index of the entry in the trace. */
  readonly index: number;
  /** The numbers of the acknowledged messages. */
  readonly messages: readonly number[];
}

/** The `peer.id` of a session: what the application knows of it. */
export function peerIdOf(sessionId: unknown): string {
  return createHash("sha256")
    .update(`peer${String(sessionId)}`)
    .digest()
    .subarray(0, 16)
    .toString("base64url");
}

/** The names of both ends of a session. */
export function endsOf(sessionId: string): Record<Machine, string> {
  return { client: `${sessionId} client`, server: `${sessionId} server` };
}

/** Finds the frames that belong to a session: those on a wire on which the server sends `welcome`, except `hello`. */
export function* readSessionFrames(entries: readonly TraceEntry[]): Generator<SessionFrame> {
  // The names are made once per wire, because maps look them up for every frame.
  const ends = new Map<number, Record<Machine, string>>();
  for (const entry of entries)
    if (entry.type === "frameSent" && entry.by === "server" && entry.frame.t === "welcome")
      ends.set(entry.wire, endsOf(String(entry.frame["sid"])));
  for (const entry of entries) {
    if ((entry.type !== "frameSent" && entry.type !== "frameReceived") || entry.frame.t === "hello") continue;
    const { type, by, frame, index } = entry;
    const session = ends.get(entry.wire);
    if (session) yield { type, by, frame, index, end: session[by], remoteEnd: session[remote[by]] };
  }
}

const remote: Record<Machine, Machine> = { client: "server", server: "client" };

/** The types of frames that carry a message to a handler. */
const messageFrames = new Set(["event", "request", "stream"]);

/** Finds the frames that acknowledge messages, and the messages that each of them is the first to acknowledge. */
export function* readAcknowledgements(frames: readonly SessionFrame[]): Generator<Acknowledgement> {
  /** For each end that receives: the messages by sequence, the highest acknowledged sequence, and the pending ones below. */
  const received = new Map<string, { messages: Map<number, number>; upTo: number; pending: Set<number> }>();
  const receivedAt = (end: string) => {
    let one = received.get(end);
    if (one === undefined) received.set(end, (one = { messages: new Map(), upTo: 0, pending: new Set() }));
    return one;
  };
  for (const { type, by, end, remoteEnd, frame, index } of frames) {
    if (type !== "frameSent") continue;
    const n = messageFrames.has(frame.t) ? (frame["data"] as { n?: number } | undefined)?.n : undefined;
    if (frame.s !== undefined && n !== undefined) receivedAt(remoteEnd).messages.set(frame.s, n);
    if (frame.a === undefined) continue;
    const own = receivedAt(end);
    const stillPending = new Set(frame.but);
    const messages: number[] = [];
    const visit = (sequence: number): void => {
      if (stillPending.has(sequence)) return void own.pending.add(sequence);
      own.pending.delete(sequence);
      const message = own.messages.get(sequence);
      if (message !== undefined) messages.push(message);
    };
    for (const sequence of Array.from(own.pending)) visit(sequence);
    for (let sequence = own.upTo + 1; sequence <= frame.a; sequence += 1) visit(sequence);
    own.upTo = Math.max(own.upTo, frame.a);
    if (messages.length > 0) yield { by, index, messages };
  }
}
