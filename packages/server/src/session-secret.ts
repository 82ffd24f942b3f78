import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { SessionKey } from "@symbolon/protocol";

/** What names a session, and proves that it is the client's own. */
export class SessionSecret {
  readonly key: SessionKey = { sid: random(16), rt: random(32), ep: random(8) };

  /** Whether a client has the same; how long this takes says nothing about it. */
  fits({ rt }: SessionKey): boolean {
    return timingSafeEqual(hash(rt), hash(this.key.rt));
  }
}

function random(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}

function hash(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
