import type { ChatNode } from "../../contract.ts";
import { elementById } from "./dom.ts";

const line = elementById("node", HTMLElement);
const killButton = elementById("kill", HTMLButtonElement);
let shownNode = 0;

killButton.addEventListener("click", () => {
  // The node that passes the request on may be the one that it kills: then no answer comes.
  fetch(`/nodes/${shownNode}/kill`, { method: "POST" }).catch(() => {});
});

/** Shows which of several servers the page is connected to, and the button that kills it. */
export function showNode({ number, count }: ChatNode): void {
  shownNode = number;
  line.textContent = `node ${number} of ${count}`;
  killButton.hidden = false;
}
