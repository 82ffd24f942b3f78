import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { SessionCredential } from "@symbolon/protocol/internal";

/** The credential of a session, and the check of what a client sends. */
export class SessionSecret implements SessionCredential {
  readonly sessionId: string;
  readonly resumeToken: string;
  readonly epoch: string;
  /** The hash of the resume token, which a store may keep. */
  readonly hash: string;

  /** `credential` is what a client has sent and a store has found valid; else the name of the epoch for a new one. */
  constructor(credential: SessionCredential | string = randomText(8)) {
    const { sessionId, resumeToken, epoch } =
      typeof credential === "string"
        ? { sessionId: randomText(16), resumeToken: randomText(32), epoch: credential }
        : credential;
    this.sessionId = sessionId;
    this.resumeToken = resumeToken;
    this.epoch = epoch;
    this.hash = hashResumeToken(this);
  }

  /** Whether a client has sent the same resume token. The comparison takes the same time for every token. */
  matches(credential: SessionCredential): boolean {
    return timingSafeEqual(Buffer.from(hashResumeToken(credential)), Buffer.from(this.hash));
  }
}

/** The hash of a resume token, as a store keeps it. */
export function hashResumeToken({ resumeToken }: SessionCredential): string {
  return createHash("sha256").update(resumeToken).digest("base64url");
}

function randomText(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}
