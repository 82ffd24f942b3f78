import { type Client, OutcomeUnknown } from "@symbolon/client";
import type { chat } from "../contract.ts";
import { make, part } from "./part.ts";
import { typingText } from "./typing-text.ts";

const line = part("typing", HTMLElement);

/** Shows who is writing, as long as the client lives. */
export async function followTyping(client: Client<typeof chat>): Promise<void> {
  try {
    for await (const names of client.stream("typing", null)) show(names);
  } catch (error) {
    // The connection was lost, and the stream with it: asked now, it begins anew on the next.
    if (error instanceof OutcomeUnknown) return followTyping(client);
  } finally {
    show([]);
  }
}

function show(names: readonly string[]): void {
  line.replaceChildren(
    ...typingText(names).map((piece) => (typeof piece === "string" ? piece : make("bdi", "", piece.name))),
  );
}
