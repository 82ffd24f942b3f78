import type { ConnectionStatus } from "@symbolon/client";
import { part } from "./part.ts";
import { pillState, pillText, stateOf } from "./pill-text.ts";

const pill = part("pill", HTMLElement);
const spoken = part("pill-spoken", HTMLElement);
let timer: ReturnType<typeof setInterval> | undefined;

/** Shows how the connection is, second by second while it waits; tells a screen reader only what changed. */
export function showStatus(status: ConnectionStatus): void {
  clearInterval(timer);
  pill.dataset["is"] = pillState(status);
  pill.dataset["resumed"] = String(status.resumed);
  spoken.textContent = stateOf(status);
  const tick = () => (pill.textContent = pillText(status, Date.now()));
  tick();
  if (status.state === "waiting") timer = setInterval(tick, 250);
}
