import type { FrameCodec } from "@symbolon/protocol";
import {
  callFrames,
  type Frame,
  OutgoingMessage,
  type RestoredState,
  type ResumeRequest,
} from "@symbolon/protocol/internal";
import type { AttachResult, SessionState } from "../store/session-store.ts";
import type { SessionNote } from "./recorder.ts";
import type { SessionLink } from "./session-link.ts";

/** Whether this process and the client together still have every message of a session. */
export function canResume(
  { session, secret }: SessionLink,
  { epoch, receivedUpTo, firstHeld }: ResumeRequest,
): boolean {
  const { sender, receiver } = session;
  return (
    epoch === secret.epoch &&
    receivedUpTo >= sender.firstHeld - 1 &&
    receivedUpTo <= sender.lastSequence &&
    firstHeld <= receiver.received.upTo + 1
  );
}

/** The result of `attach`, or `overflow` when the session had messages that were not recorded. */
export type StoredResult = AttachResult | { readonly type: "reset"; readonly reason: "overflow" };

/** Why a store no longer has a session that it had; undefined when it never had it, or still has it. */
export function resetReason(stored: StoredResult | undefined): string | undefined {
  return stored?.type === "reset" ? stored.reason : undefined;
}

/** The state in which another process left a session. */
export function restoredState(
  { received, lastSequence, unacknowledged }: SessionState,
  codec: FrameCodec,
): RestoredState {
  return {
    upTo: received.upTo,
    missing: new Set(received.pending),
    lastSequence,
    unacknowledged: unacknowledged.map(({ sequence, data }) => {
      const isEvent = codec.read(data, { shapes: callFrames }).t === "event";
      return new OutgoingMessage(data, { lane: isEvent ? "event" : "answer" }, sequence);
    }),
  };
}

/** The note of the process that had a session. */
export function readNote({ note }: SessionState): SessionNote {
  return note === undefined
    ? { outgoing: [], streams: [], hasUnsent: false }
    : (JSON.parse(String(note)) as SessionNote);
}

/** Informs the client that its streams, and the calls of the server, were lost with the process that had them. */
export function sendLostCalls({ outbox }: SessionLink, { outgoing, streams }: SessionNote): void {
  const send = (frame: Frame): unknown => outbox.send(outbox.codec.write(frame), { lane: "answer" });
  for (const re of streams)
    send({ t: "error", re, code: "INTERRUPTED", message: "the server has restarted" });
  for (const q of outgoing) send({ t: "cancel", q });
}
