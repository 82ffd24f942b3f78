import { createHmac, timingSafeEqual } from "node:crypto";
import type { Awaitable } from "../store/awaitable.ts";

/** From where on a member may receive the messages of a room. */
export interface ProvenStart {
  /** The room's name in the log. */
  readonly room: string;
  /** Names the history of the room. */
  readonly epoch: string;
  /** The offset before the first message that the member may receive. */
  readonly from: number;
  /** Names the client. */
  readonly member: string;
  /** The client's membership in the room, as the log numbers it. */
  readonly membership: number;
}

/** The bytes of a proof. */
const proofBytes = 16;

/**
 * Proves to the server itself where a member may continue in a room: the client keeps the proof, and sends it when its
 * session is lost. HMAC-SHA-256 (RFC 2104), shortened to 128 bits.
 */
export class RoomProofs {
  readonly #getKey: () => Awaitable<string>;
  #key: string | undefined;

  /** `getKey` gets the secret of all processes that serve the room. */
  constructor(getKey: () => Awaitable<string>) {
    this.#getKey = getKey;
  }

  /** Gets the secret. The other methods need it. */
  load(): Awaitable<void> {
    const key = this.#key ?? this.#getKey();
    if (key instanceof Promise) return key.then((loaded) => void (this.#key = loaded));
    this.#key = key;
  }

  /** The proof of a start. @throws Error before `load`. */
  sign({ room, epoch, from, member, membership }: ProvenStart): string {
    if (this.#key === undefined) throw new Error("the key of the proofs is not loaded");
    const text = JSON.stringify([room, epoch, from, member, membership]);
    return createHmac("sha256", this.#key)
      .update(text)
      .digest()
      .subarray(0, proofBytes)
      .toString("base64url");
  }

  /** Whether a client has sent the proof of a start. @throws Error before `load`. */
  matches(proof: string, start: ProvenStart): boolean {
    const [given, expected] = [Buffer.from(proof), Buffer.from(this.sign(start))];
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}
