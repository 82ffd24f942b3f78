import type { FrameCodec } from "@symbolon/protocol";
import { callFrames, type Frame, type RestoredState, type OpenCalls } from "@symbolon/protocol/internal";
import type { SessionLink } from "./session-link.ts";
import type { AttachResult, SessionState } from "../store/store.ts";

/** The result of `attach`, or `overflow` when the session had messages that were not recorded. */
export type StoredResult = AttachResult | { readonly type: "reset"; readonly reason: "overflow" };

/** Why a session that a store was asked for is gone; undefined when it never had it, or goes on. */
export function resetReason(stored: StoredResult | undefined): string | undefined {
  return stored?.type === "reset" ? stored.reason : undefined;
}

/** Where the process before left a session. */
export function restoredState(
  { received, lastSequence: out, unacknowledged: outgoing }: SessionState,
  codec: FrameCodec,
): RestoredState {
  return {
    received: { upTo: received.upTo, pending: received.pending },
    lastSequence: out,
    unacknowledged: outgoing.map(({ sequence: s, data }) => [
      s,
      data,
      codec.read(data, callFrames).t === "event" ? "event" : "answer",
    ]),
  };
}

/** What has to be known of a session after a restart. */
export interface SessionNote extends OpenCalls {
  /** Something was said that had no number yet. */
  readonly hasUnsent: boolean;
}

/** What the process before has noted of a session. */
export function readNote({ note }: SessionState): SessionNote {
  return note === undefined
    ? { outgoing: [], streams: [], hasUnsent: false }
    : (JSON.parse(String(note)) as SessionNote);
}

/** Tells that the client's streams and the server's own calls are gone with the process that had them. */
export function sendLostCalls(
  { outbox }: SessionLink,
  { outgoing: asked, streams: served }: SessionNote,
): void {
  const say = (frame: Frame): unknown => outbox.send(outbox.codec.write(frame), { lane: "answer" });
  for (const re of served) say({ t: "error", re, code: "INTERRUPTED", message: "the server has restarted" });
  for (const q of asked) say({ t: "cancel", q });
}
