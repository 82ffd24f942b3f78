import { callFrames, type Frame, type FrameCodec, type Left, type OpenCalls } from "@symbolon/protocol";
import type { SessionLine } from "./session-link.ts";
import type { Attached, SessionState } from "../store/store.ts";

/** Why a session that a store was asked for is gone; undefined when it never had it, or goes on. */
export function resetOf(stored: Attached | undefined): string | undefined {
  return stored?.is === "reset" ? stored.why : undefined;
}

/** Where the process before left a session. */
export function leftBy({ received, out, outgoing }: SessionState, codec: FrameCodec): Left {
  return {
    heard: { rx: received.upTo, but: received.but },
    last: out,
    unacked: outgoing.map(({ s, data }) => [
      s,
      data,
      codec.read(data, callFrames).t === "event" ? "event" : "answer",
    ]),
  };
}

/** What has to be known of a session after a restart. */
export interface Note extends OpenCalls {
  /** Something was said that had no number yet. */
  readonly more: boolean;
}

/** What the process before has noted of a session. */
export function noteOf({ note }: SessionState): Note {
  return note === undefined ? { asked: [], served: [], more: false } : (JSON.parse(String(note)) as Note);
}

/** Tells that the client's streams and the server's own calls are gone with the process that had them. */
export function tellOfLost({ outbox }: SessionLine, { asked, served }: Note): void {
  const say = (frame: Frame): unknown => outbox.send(outbox.codec.write(frame), { lane: "answer" });
  for (const re of served) say({ t: "error", re, code: "INTERRUPTED", message: "the server has restarted" });
  for (const q of asked) say({ t: "cancel", q });
}
