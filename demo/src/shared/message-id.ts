/** Creates a unique id for a chat message: 128 random bits, in hex. */
export function createMessageId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
