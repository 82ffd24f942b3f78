import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { ResumeKey } from "@symbolon/protocol/internal";

/** The resume key of a session, and the check of what a client sends. */
export class SessionSecret implements ResumeKey {
  readonly sessionId: string;
  readonly resumeToken: string;
  readonly epoch: string;
  /** The hash of the resume token, which a store may keep. */
  readonly hash: string;

  /** `key` is what a client has sent and a store has found valid; else the name of the epoch for a new one. */
  constructor(key: ResumeKey | string = randomText(8)) {
    const { sessionId, resumeToken, epoch } =
      typeof key === "string" ? { sessionId: randomText(16), resumeToken: randomText(32), epoch: key } : key;
    this.sessionId = sessionId;
    this.resumeToken = resumeToken;
    this.epoch = epoch;
    this.hash = hashResumeToken(this);
  }

  /** Whether a client has sent the same resume token. The comparison takes the same time for every token. */
  matches(key: ResumeKey): boolean {
    return timingSafeEqual(Buffer.from(hashResumeToken(key)), Buffer.from(this.hash));
  }
}

/** The hash of a resume token, as a store keeps it. */
export function hashResumeToken({ resumeToken }: ResumeKey): string {
  return createHash("sha256").update(resumeToken).digest("base64url");
}

function randomText(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}
