import type { Client } from "@symbolon/client";
import type { chat } from "../../contract.ts";
import { isStreamLost, typingText } from "../shared/typing-text.ts";
import { createElement, elementById } from "./dom.ts";

const indicator = elementById("typing", HTMLElement);

/** Shows who is typing until the client is closed. Shows nothing while there is no connection. */
export async function showTyping(client: Client<typeof chat>): Promise<void> {
  let names: readonly string[] = [];
  const update = (): void => render(client.status.value.state === "open" ? names : []);
  const unsubscribe = client.status.subscribe(update);
  try {
    for await (names of client.stream("typing", null)) update();
  } catch (error) {
    if (isStreamLost(error)) return showTyping(client);
  } finally {
    unsubscribe();
    render([]);
  }
}

function render(names: readonly string[]): void {
  indicator.replaceChildren(
    ...typingText(names).map((part) =>
      typeof part === "string" ? part : createElement("bdi", "", part.name),
    ),
  );
}
