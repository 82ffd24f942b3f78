import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { ResumeKey } from "@symbolon/protocol/internal";

/** The resume key of a session, and the check of what a client sends. */
export class SessionSecret implements ResumeKey {
  readonly sessionId: string;
  readonly resumeToken: string;
  /** The history that the session belongs to: that of its store, once the store has it. */
  epoch: string;
  /** Names the session to the app, and in logs: who knows it cannot find out the session's own name. */
  readonly publicId: string;

  /** `key` is what a client has sent and a store has found valid; without it there is a new one. */
  constructor(key?: ResumeKey) {
    this.sessionId = key?.sessionId ?? randomText(16);
    this.resumeToken = key?.resumeToken ?? randomText(32);
    this.epoch = key?.epoch ?? randomText(8);
    this.publicId = sha256(`peer${this.sessionId}`).subarray(0, 16).toString("base64url");
  }

  /** The hash of the resume token, which a store may keep. */
  get hash(): string {
    return hashText(this.resumeToken);
  }

  /** Whether a client has sent the same resume token. The comparison takes the same time for every token. */
  matches({ resumeToken }: ResumeKey): boolean {
    return timingSafeEqual(Buffer.from(hashText(resumeToken)), Buffer.from(this.hash));
  }
}

/** The SHA-256 of a text, as the server keeps a client's secret. */
export function hashText(text: string): string {
  return sha256(text).toString("base64url");
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function randomText(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}
