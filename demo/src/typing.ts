import type { Client } from "@symbolon/client";
import type { chat } from "../contract.ts";
import { isCutShort } from "./fate.ts";
import { make, part } from "./part.ts";
import { typingText } from "./typing-text.ts";

const line = part("typing", HTMLElement);

/** Shows who is writing, as long as the client lives; nobody knows while the server is away. */
export async function followTyping(client: Client<typeof chat>): Promise<void> {
  let names: readonly string[] = [];
  const update = (): void => show(client.status.value.state === "open" ? names : []);
  const unwatch = client.status.subscribe(update);
  try {
    for await (names of client.stream("typing", null)) update();
  } catch (error) {
    if (isCutShort(error)) return followTyping(client);
  } finally {
    unwatch();
    show([]);
  }
}

function show(names: readonly string[]): void {
  line.replaceChildren(
    ...typingText(names).map((piece) => (typeof piece === "string" ? piece : make("bdi", "", piece.name))),
  );
}
