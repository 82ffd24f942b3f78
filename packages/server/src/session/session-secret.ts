import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { SessionKey } from "@symbolon/protocol/internal";

/** What names a session, and proves that it is the client's own. */
export class SessionSecret {
  readonly key: SessionKey;
  /** The secret's hash, which is what may be kept. */
  readonly hash: string;

  /** `key` is what the client has brought, once it was found to fit. Default: a new one, in the epoch of that name. */
  constructor(key: SessionKey | string = random(8)) {
    const { id, secret, epoch } =
      typeof key === "string" ? { id: random(16), secret: random(32), epoch: key } : key;
    this.key = { id, secret, epoch };
    this.hash = hashSecret(this.key);
  }

  /** Whether a client has the same; how long this takes says nothing about it. */
  matches(key: SessionKey): boolean {
    return timingSafeEqual(Buffer.from(hashSecret(key)), Buffer.from(this.hash));
  }
}

/** The hash of a session's secret, as a store keeps it. */
export function hashSecret({ secret }: SessionKey): string {
  return createHash("sha256").update(secret).digest("base64url");
}

function random(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}
