import type { ConnectionStatus } from "@symbolon/client";
import { badgeState, badgeText, connectionText } from "../shared/connection-text.ts";
import { elementById } from "./dom.ts";

const badge = elementById("pill", HTMLElement);
const spokenText = elementById("pill-spoken", HTMLElement);
let timer: ReturnType<typeof setInterval> | undefined;

/** Shows the state of the connection, with a countdown to the next attempt. A screen reader reads only a new state. */
export function showStatus(status: ConnectionStatus): void {
  clearInterval(timer);
  badge.dataset["is"] = badgeState(status);
  badge.dataset["resumed"] = String(status.resumed);
  spokenText.textContent = connectionText(status);
  const update = () => (badge.textContent = badgeText(status, Date.now()));
  update();
  if (status.state === "waiting") timer = setInterval(update, 250);
}
